/**
 * APPEND (RFC 3501 section 6.3.11) with APPENDUID (RFC 4315). The message streams into the store as it comes;
 * what can be refused is refused before its first octet: an unknown mailbox `[TRYCREATE]`, a message over
 * the limit `[TOOBIG]`. When the store fails half way the rest is passed over and the answer is temporary.
 */
import type { MailboxRejection } from '../../../actors/mailbox-commands.ts';
import type { ContentReceiver } from '../../mail/mailbox-access.ts';
import { type AppendCommand, classifyLiteral, type LiteralUse } from '../grammar/append-command.ts';
import type { CommandPart, LiteralHead } from '../grammar/command-parts.ts';
import type { Refusal } from '../grammar/reader-steps.ts';
import type { SimpleResponseCode } from '../responses/response-code.ts';
import { continuation } from '../responses/status-responses.ts';
import { resolveFlags } from '../session/flags.ts';
import { folderAt } from '../session/folder-tree.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import { outcomeOfError } from '../session/refusals.ts';
import type { AccountSession, ImapSession } from '../session/session.ts';
import { pathOf } from './names.ts';
import { askMailbox, isOutcome, targetRejection, tryCreate } from './rejections.ts';

/** A message on its way; without a receiver it has been given up. */
export interface PendingAppend {
  receiver: ContentReceiver | undefined;
}

/** Decides on a literal that was announced, and takes it or refuses it. */
export async function takeLiteral(
  session: ImapSession,
  head: LiteralHead,
  prefix: readonly CommandPart[],
): Promise<PendingAppend | undefined> {
  const { reader } = session.input;
  const use = classifyLiteral(prefix);
  if (use.kind === 'argument') {
    if (reader.accept('gather')) goOn(session);
    return undefined;
  }
  const refusal = await messageRefusal(session, head, use);
  if (refusal !== undefined || session.account === undefined) {
    reader.refuse(refusal ?? { status: 'BAD', text: 'Log in first' });
    return undefined;
  }
  const receiver = session.account.mailbox.receive();
  if (reader.accept('stream')) goOn(session);
  return { receiver };
}

function goOn(session: ImapSession): void {
  session.output.line(continuation('Ready for the literal'));
  session.output.flush();
}

async function messageRefusal(
  session: ImapSession,
  head: LiteralHead,
  use: Exclude<LiteralUse, { kind: 'argument' }>,
): Promise<Refusal | undefined> {
  if (use.kind === 'bad') return { status: 'BAD', text: `APPEND: ${use.text}` };
  if (session.account === undefined) return { status: 'BAD', text: 'Log in first' };
  if (use.index > 0) return { status: 'BAD', text: 'APPEND: one message only' };
  if (head.binary) return { status: 'BAD', text: 'APPEND: binary literals are not supported' };
  // RFC 4469 section 4.2, RFC 7889 section 4
  if (head.size > session.settings.sizeMax) {
    return { status: 'NO', code: 'TOOBIG', text: 'The message is too big' };
  }
  try {
    const path = pathOf(use.mailbox);
    const state = await session.account.mailbox.current();
    const folder = path === undefined ? undefined : folderAt(state, path);
    if (folder?.selectable !== true) return refusalOf(tryCreate());
    if (resolveFlags(state, use.options.flags, true) === undefined) return refusalOf(keywordTooLong());
    return undefined;
  } catch (error) {
    return refusalOf(outcomeOfError(session, 'APPEND', error));
  }
}

const keywordTooLong = (): Outcome => no('A keyword is too long', 'LIMIT');

function refusalOf({ status, text, code }: Outcome): Refusal {
  return {
    status: status === 'BAD' ? 'BAD' : 'NO',
    text,
    ...(typeof code === 'string' ? { code: code satisfies SimpleResponseCode } : {}),
  };
}

export async function takeMessageOctets(
  session: ImapSession,
  pending: PendingAppend | undefined,
  octets: Uint8Array,
): Promise<void> {
  const receiver = pending?.receiver;
  if (pending === undefined || receiver === undefined) return;
  try {
    await receiver.write(octets);
  } catch (error) {
    pending.receiver = undefined;
    await receiver.abort();
    session.input.reader.refuse(refusalOf(outcomeOfError(session, 'APPEND', error)));
  }
}

/** The whole command is here, and the message in the store. */
export async function append(
  { session, account }: AccountSession,
  command: AppendCommand,
  pending: PendingAppend | undefined,
): Promise<Outcome> {
  const [message, ...more] = command.messages;
  const receiver = pending?.receiver;
  if (message === undefined || more.length > 0 || receiver === undefined) {
    await receiver?.abort();
    return bad('APPEND: one message literal expected');
  }
  const stored = await finish(receiver);
  const date = message.date ?? { instantMs: session.settings.now(), offsetMinutes: 0 };
  const { flags } = message;
  const path = pathOf(command.mailbox);
  const answer = await askMailbox(
    account,
    (state) => {
      const folder = path === undefined ? undefined : folderAt(state, path);
      if (folder === undefined) return tryCreate();
      const resolved = resolveFlags(state, flags, true);
      if (resolved === undefined) return keywordTooLong();
      const { instantMs: internalDate, offsetMinutes: internalOffset } = date;
      const messages = [{ ...stored, ...resolved.set, internalDate, internalOffset }];
      return { type: 'AppendMessages', folderId: folder.id, messages, newKeywords: resolved.newKeywords };
    },
    (reason: MailboxRejection) => targetRejection(reason),
  );
  if (isOutcome(answer)) return answer;
  if (answer.kind !== 'appended') throw new Error(`APPEND was answered ${answer.kind}`);
  const { uidValidity, uids } = answer;
  return ok('APPEND completed', { kind: 'APPENDUID', uidValidity, uids });
}

type Stored = Awaited<ReturnType<ContentReceiver['finish']>>;

async function finish(receiver: ContentReceiver): Promise<Stored> {
  try {
    return await receiver.finish();
  } catch (error) {
    await receiver.abort();
    throw error;
  }
}
