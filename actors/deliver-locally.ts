/** What final delivery of an accepted message to one account asks of its mailbox. */
import type { StoredEvent } from '../events/codec.ts';
import { isErased } from '../events/event-definition.ts';
import type { MessageAccepted } from '../events/message.ts';
import { streamId } from '../events/streams.ts';
import type { MailboxCommand } from './mailbox-commands.ts';

type DeliverMessage = Extract<MailboxCommand, { type: 'DeliverMessage' }>;

/**
 * The command, or undefined when the message has been erased meanwhile.
 * Final delivery adds Return-Path (RFC 5321 section 4.4) and Delivered-To (RFC 9228) on top.
 */
export function deliveryCommand(
  accepted: StoredEvent<MessageAccepted>,
  accountId: string,
  order: { readonly skippedSources: readonly number[]; readonly afterSource: number | undefined },
): DeliverMessage | undefined {
  const { content, segments, size, envelope, inline, recipients, forwardPaths } = accepted.event.data;
  if (isErased(envelope) || isErased(inline)) return undefined;
  const nth = recipients.findIndex((recipient) => recipient.accountIds.includes(accountId));
  const path = forwardPaths[nth]?.value;
  const addressed = path === undefined || isErased(path) ? '' : `Delivered-To: ${path.address}\r\n`;
  const returnPath = `Return-Path: <${envelope.reversePath.address}>\r\n`;
  const added = [addressed, returnPath].map((text) => ({
    kind: 'inline' as const,
    length: octetLength(text),
  }));
  return {
    type: 'DeliverMessage',
    messageId: streamId(accepted.stream),
    blobId: content.blobId,
    sourceIndex: accepted.index,
    ...order,
    size: size + added.reduce((sum, each) => sum + each.length, 0),
    segments: [...added, ...segments],
    addressed: toOctets(addressed),
    inline: [toOctets(returnPath), ...inline],
    receivedAt: accepted.at,
  };
}

/** UTF-8 octets, one character each. */
const toOctets = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const octetLength = (text: string): number => Buffer.byteLength(text, 'utf8');
