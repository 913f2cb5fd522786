/**
 * Stream names. The part before the first hyphen is the category (KurrentDB's convention); no name
 * tells a domain or a person.
 */

export const categories = [
  'directory',
  'session',
  'message',
  'queue',
  'mailbox',
  'dispatch',
  'case',
  'seal',
] as const;
export type Category = (typeof categories)[number];

export const directoryStream = 'directory-main';
/** Where the dispatcher notes how far it has come: a hint that may be old, never ahead. */
export const dispatchStream = 'dispatch-main';
export const sessionStream = (sessionId: string): string => `session-${sessionId}`;
export const messageStream = (messageId: string): string => `message-${messageId}`;
export const queueStream = (queueId: string): string => `queue-${queueId}`;
export const mailboxStream = (accountId: string): string => `mailbox-${accountId}`;

export interface StreamName {
  readonly category: Category;
  readonly id: string;
}

/** Undefined when the stream is not one of ours. */
export function parseStream(stream: string): StreamName | undefined {
  const hyphen = stream.indexOf('-');
  const category = stream.slice(0, hyphen);
  const known = categories.find((each) => each === category);
  return hyphen < 1 || known === undefined ? undefined : { category: known, id: stream.slice(hyphen + 1) };
}

/** The id behind the category; throws on a stream that is not ours (a bug of the caller). */
export function streamId(stream: string): string {
  const parsed = parseStream(stream);
  if (parsed === undefined) throw new TypeError(`not a stream of ours: ${stream}`);
  return parsed.id;
}
