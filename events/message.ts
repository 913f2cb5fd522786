/**
 * `message-<id>`: an accepted message: its envelope as sent and as understood, what was stored, and where
 * each recipient was routed. Its delivery stands where it happened: `MessageDelivered` or
 * `DeliveryRefused` on the mailbox, or on a queue.
 */
import { z } from 'zod';
import { box, boxList, defineEvent, type EventOf } from './event-definition.ts';
import { contentCommitment, count, id, octets, segment } from './fields.ts';
import { type KeyScope, messageScope } from './scope-keys.ts';

const ofMessage = (input: { streamId: string }): KeyScope => messageScope(input.streamId);

const parameter = z.object({ keyword: z.string(), value: z.string().optional() });

const messageAccepted = defineEvent('MessageAccepted', {
  version: 1,
  clear: {
    sessionId: id,
    origin: z.enum(['mx', 'submission']),
    /** Whose login sent it (submission). */
    submitterId: id.optional(),
    content: contentCommitment,
    /** Bare CRs and LFs were made CRLF, as the configuration says for the peer's network. */
    newlinesNormalized: z.boolean(),
    /** Octets of the whole as its readers see it, before what final delivery adds. */
    size: count,
    /** The received message: our Received field inline, then the content, an incoming Return-Path left out. */
    segments: z.array(segment),
    /** One entry for each RCPT command, in its order. */
    recipients: z.array(z.object({ accountIds: z.array(id) })),
  },
  boxes: {
    envelope: box(
      z.object({
        reversePath: z.object({ asSent: octets, address: z.string() }),
        parameters: z.array(parameter),
        helo: octets,
        protocol: z.string(),
        peerAddress: z.string(),
      }),
      ofMessage,
    ),
    inline: box(z.array(octets), ofMessage),
    summary: box(
      z.object({ messageIdHeader: octets.optional(), subject: octets.optional(), from: octets.optional() }),
      ofMessage,
    ),
    /** One for each recipient, under the account it leads to, else under the message. */
    forwardPaths: boxList(z.object({ asSent: octets, address: z.string(), parameters: z.array(parameter) })),
  },
});

export const messageDefinitions = [messageAccepted] as const;
export type MessageEvent = EventOf<(typeof messageDefinitions)[number]>;
export type MessageAccepted = EventOf<typeof messageAccepted>;

export interface MessageState {
  readonly accepted: boolean;
  /** Accounts that the message leads to, each once, in order of first mention. */
  readonly accountIds: readonly string[];
}

export const initialMessage = (): MessageState => ({ accepted: false, accountIds: [] });

export function applyMessage(state: MessageState, event: MessageEvent): MessageState {
  switch (event.type) {
    case 'MessageAccepted':
      return { accepted: true, accountIds: deliveryTargets(event) };
    default:
      event.type satisfies never;
      return state;
  }
}

/** Each account once, however many recipients and aliases lead there. */
export const deliveryTargets = (event: MessageAccepted): readonly string[] => [
  ...new Set(event.data.recipients.flatMap((recipient) => recipient.accountIds)),
];
