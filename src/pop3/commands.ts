/** POP3 commands: a line to a typed command (RFC 1939, 2449, 2595, 5034), or why it is none. */

export type Pop3Command =
  | { readonly name: 'USER' | 'PASS'; readonly text: string }
  | { readonly name: 'AUTH'; readonly mechanism: string | undefined; readonly initial: string | undefined }
  | { readonly name: 'LIST' | 'UIDL'; readonly message: number | undefined }
  | { readonly name: 'RETR' | 'DELE'; readonly message: number }
  | { readonly name: 'TOP'; readonly message: number; readonly lines: number }
  | { readonly name: 'STAT' | 'RSET' | 'NOOP' | 'QUIT' | 'CAPA' | 'STLS' };

export interface BadCommand {
  readonly name: 'bad';
  /** A known keyword, else `unknown`: a stray line may be a password. */
  readonly verb: string;
  readonly text: string;
}

const plain = ['STAT', 'RSET', 'NOOP', 'QUIT', 'CAPA', 'STLS'] as const;
const numberPattern = /^\d{1,10}$/;

/** `line` has one character per octet, without its line end. */
export function parseCommand(line: string): Pop3Command | BadCommand {
  const space = line.indexOf(' ');
  const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
  const rest = space < 0 ? '' : line.slice(space + 1);
  const words = rest.split(' ').filter((word) => word !== '');
  const bad = (text: string): BadCommand => ({ name: 'bad', verb, text });
  const simple = plain.find((name) => name === verb);
  if (simple !== undefined) return words.length === 0 ? { name: simple } : bad(`${verb} takes no argument`);
  switch (verb) {
    case 'USER':
    case 'PASS':
      // RFC 1939 section 7: a password may hold spaces, all of them its own.
      return rest === '' ? bad(`${verb} needs an argument`) : { name: verb, text: rest };
    case 'AUTH':
      if (words.length > 2) return bad('AUTH takes a mechanism and an initial response');
      return { name: verb, mechanism: words[0]?.toUpperCase(), initial: words[1] };
    case 'LIST':
    case 'UIDL': {
      const [word, ...more] = words;
      if (word === undefined) return { name: verb, message: undefined };
      if (more.length > 0 || !numberPattern.test(word)) return bad(`${verb} takes a message number`);
      return { name: verb, message: Number(word) };
    }
    case 'RETR':
    case 'DELE': {
      const [word, ...more] = words;
      if (word === undefined || more.length > 0 || !numberPattern.test(word))
        return bad(`${verb} needs a message number`);
      return { name: verb, message: Number(word) };
    }
    case 'TOP': {
      const [message, lines, ...more] = words;
      const right = [message, lines].every((word) => word !== undefined && numberPattern.test(word));
      if (!right || more.length > 0) return bad('TOP needs a message number and a number of lines');
      return { name: verb, message: Number(message), lines: Number(lines) };
    }
    default:
      return { name: 'bad', verb: 'unknown', text: 'Unknown command' };
  }
}

/** RFC 4616: authorization identity, login and password; undefined when it is no such message. */
export function parsePlain(
  base64: string,
): { authorizationId: string; login: string; password: string } | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) return undefined;
  const parts = Buffer.from(base64, 'base64').toString('utf8').split('\0');
  const [authorizationId, login, password] = parts;
  if (parts.length !== 3 || authorizationId === undefined || !login || password === undefined)
    return undefined;
  return { authorizationId, login, password };
}
