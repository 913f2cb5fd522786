/**
 * POP3's grammar: a line to a typed command (RFC 1939, 2449, 2595, 5034), or why it is none. Pure; any octets may come.
 * Numbers have at most ten digits, so that none loses precision; which messages there are is not asked here.
 */

export type Pop3Command =
  | { readonly name: 'USER' | 'PASS'; readonly text: string }
  | { readonly name: 'AUTH'; readonly mechanism: string | undefined; readonly initial: string | undefined }
  | { readonly name: 'LIST' | 'UIDL'; readonly message: number | undefined }
  | { readonly name: 'RETR' | 'DELE'; readonly message: number }
  | { readonly name: 'TOP'; readonly message: number; readonly lines: number }
  | { readonly name: PlainVerb };

export interface BadCommand {
  readonly name: 'bad';
  /** A known keyword, else `unknown`: a stray line may be a password. */
  readonly verb: string;
  readonly text: string;
}

const plainVerbs = ['STAT', 'RSET', 'NOOP', 'QUIT', 'CAPA', 'STLS'] as const;
type PlainVerb = (typeof plainVerbs)[number];

/** `line` has one character per octet, without its line end. */
export function parseCommand(line: string): Pop3Command | BadCommand {
  const space = line.indexOf(' ');
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
  const rest = space < 0 ? '' : line.slice(space + 1);
  const words = rest.split(' ').filter((word) => word !== '');
  const [first, second] = words;
  const bad = (text: string): BadCommand => ({ name: 'bad', verb, text });
  const plain = plainVerbs.find((name) => name === verb);
  if (plain !== undefined) return words.length === 0 ? { name: plain } : bad(`${verb} takes no argument`);
  switch (verb) {
    case 'USER':
    case 'PASS':
      // RFC 1939 section 7: a password may hold spaces, all of them its own.
      return rest === '' ? bad(`${verb} needs an argument`) : { name: verb, text: rest };
    case 'AUTH':
      if (words.length > 2) return bad('AUTH takes a mechanism and an initial response');
      return { name: verb, mechanism: first?.toUpperCase(), initial: second };
    case 'LIST':
    case 'UIDL': {
      if (first === undefined) return { name: verb, message: undefined };
      const message = words.length === 1 ? toNumber(first) : undefined;
      return message === undefined ? bad(`${verb} takes a message number`) : { name: verb, message };
    }
    case 'RETR':
    case 'DELE': {
      const message = words.length === 1 ? toNumber(first) : undefined;
      return message === undefined ? bad(`${verb} needs a message number`) : { name: verb, message };
    }
    case 'TOP': {
      const [message, lines] = words.length === 2 ? [toNumber(first), toNumber(second)] : [];
      return message === undefined || lines === undefined
        ? bad('TOP needs a message number and a number of lines')
        : { name: verb, message, lines };
    }
    default:
      return { name: 'bad', verb: 'unknown', text: 'Unknown command' };
  }
}

const toNumber = (word: string | undefined): number | undefined =>
  word !== undefined && /^\d{1,10}$/.test(word) ? Number(word) : undefined;

export interface PlainMessage {
  readonly authorizationId: string;
  readonly login: string;
  readonly password: string;
}

/**
 * The client's message of SASL PLAIN in base64 (RFC 4616 section 2): authorization identity, login and password in
 * UTF-8, the last two not empty. Undefined when it is no such message.
 */
export function parsePlain(base64: string): PlainMessage | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return undefined;
  const parts = decodeUtf8(Buffer.from(base64, 'base64'))?.split('\0');
  const [authorizationId, login, password] = parts ?? [];
  if (parts?.length !== 3 || authorizationId === undefined || !login || !password) return undefined;
  return { authorizationId, login, password };
}

/** Undefined when the octets are not UTF-8, which no login or password of ours has anything else than. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    // Not UTF-8, which is the answer.
    return undefined;
  }
}
