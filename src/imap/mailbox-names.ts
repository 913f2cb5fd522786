/**
 * Mailbox names: between what stands on the wire and text, and what LIST's wildcards match.
 *
 * On the wire a name is an octet string (one char per octet): modified UTF-7 (RFC 3501 section 5.1.3) in
 * IMAP4rev1, UTF-8 once the client has enabled it (RFC 6855, RFC 9051). Everywhere else it is text. A name
 * that no encoder would write is refused, because it could not be given back as it came.
 */
import { Buffer } from 'node:buffer';

export type MailboxNameMode = 'utf7' | 'utf8';

/** The text of a name; undefined when the octets are malformed or hold a control character. */
export function decodeMailboxName(octets: string, mode: MailboxNameMode): string | undefined {
  const text = mode === 'utf7' ? fromUtf7(octets) : fromUtf8(octets);
  return text === undefined || hasControls(text) ? undefined : text;
}

/** The octets of a name. Lone surrogates become U+FFFD. */
export function encodeMailboxName(name: string, mode: MailboxNameMode): string {
  const sound = name.toWellFormed();
  return mode === 'utf7' ? toUtf7(sound) : Buffer.from(sound, 'utf8').toString('latin1');
}

/**
 * INBOX in capitals, also as the first level of a longer name: RFC 3501 section 5.1 makes INBOX
 * case-insensitive, and its children have to stand under the one INBOX.
 */
export function canonicalMailboxName(name: string, delimiter: string): string {
  return hasInboxLevel(name, delimiter) ? `INBOX${name.slice(5)}` : name;
}

function hasInboxLevel(name: string, delimiter: string): boolean {
  return /^inbox/i.test(name) && (name.length === 5 || name[5] === delimiter);
}

function hasControls(text: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}

function fromUtf8(octets: string): string | undefined {
  const bytes = Buffer.from(octets, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/**
 * Printable ASCII stands for itself but for `&`, which begins a run of UTF-16 in modified base64 up to `-`;
 * `&-` is `&`. Only the one shortest spelling is taken (RFC 3501: no superfluous shifts, nothing printable
 * encoded), which encoding the result again tells.
 */
function fromUtf7(octets: string): string | undefined {
  if (/[^ -~]/.test(octets)) return undefined;
  const text = octets.replaceAll(/&([^-]*)-/g, (_run, encoded: string) =>
    encoded === '' ? '&' : fromUtf16Base64(encoded),
  );
  return text.isWellFormed() && toUtf7(text) === octets ? text : undefined;
}

function toUtf7(text: string): string {
  return text.replaceAll(/&|[^ -~]+/g, (run) => (run === '&' ? '&-' : `&${toUtf16Base64(run)}-`));
}

function fromUtf16Base64(encoded: string): string {
  const octets = Buffer.from(encoded.replaceAll(',', '/'), 'base64');
  return octets
    .subarray(0, octets.length & ~1)
    .swap16()
    .toString('utf16le');
}

function toUtf16Base64(run: string): string {
  const base64 = Buffer.from(run, 'utf16le').swap16().toString('base64');
  return base64.replaceAll('/', ',').replace(/=+$/, '');
}
