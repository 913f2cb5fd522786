/**
 * What the server says, as values and as octets (RFC 1939 section 3, response codes by RFC 2449 section 8 and RFC
 * 3206). Texts are our own and ASCII; nothing that a client sent is repeated to it.
 */

/**
 * IN-USE: another session holds the maildrop. LOGIN-DELAY: not before some time has passed. AUTH: the credentials were
 * refused. SYS/TEMP: a fault of ours that passes. SYS/PERM: one that stays.
 */
export type ResponseCode = 'IN-USE' | 'LOGIN-DELAY' | 'AUTH' | 'SYS/TEMP' | 'SYS/PERM';

export interface Refusal {
  readonly status: '-ERR';
  readonly code: ResponseCode | undefined;
  readonly text: string;
}

export type Reply = { readonly status: '+OK'; readonly text: string } | Refusal;

export const ok = (text: string): Reply => ({ status: '+OK', text });

export const err = (text: string, code?: ResponseCode): Refusal => ({ status: '-ERR', code, text });

export function formatReply(reply: Reply): string {
  const code = reply.status === '-ERR' && reply.code !== undefined ? `[${reply.code}] ` : '';
  return `${reply.status} ${code}${reply.text}\r\n`;
}

/** A line for each, without the end: lists leave in pieces. No line of ours begins with a dot. */
export const formatLines = (lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

/** RFC 1939 section 3: the line that ends a multi-line response. */
export const endOfLines = '.\r\n';

/** RFC 5034 section 4: "+", space, and nothing, because PLAIN has no challenge. */
export const emptyChallenge = '+ \r\n';
