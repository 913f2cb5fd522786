/** Puts an accepted message on the log: the first event of a stream of its own, so no actor is kept for it. */
import type { MessageAccepted } from '../events/message.ts';
import { messageStream } from '../events/streams.ts';
import { createAppender } from './appender.ts';
import type { ActorRuntime, AskContext } from './ports.ts';

/** Durable when resolved. Throws `LogUnavailable` when it could not be settled, what the key store throws,
 * and `AppendTooLarge`. */
export async function acceptMessage(
  runtime: ActorRuntime,
  messageId: string,
  data: MessageAccepted['data'],
  context: AskContext,
): Promise<void> {
  const event: MessageAccepted = { type: 'MessageAccepted', data };
  const decided = { events: [event], at: runtime.now(), reply: undefined, revision: 0 };
  const settle = () => undefined;
  await createAppender<undefined, undefined>(messageStream(messageId), runtime).append([
    { command: undefined, context, attempts: 0, decided, resolve: settle, reject: settle },
  ]);
}
