/**
 * Response codes: what a client's program reads in a status response, between `[` and `]`. RFC 3501
 * section 7.1, RFC 5530, and those of extensions, cited at each.
 */
import type { UidSet } from '../../../events/uid-set.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import type { Flag } from '../grammar/flags.ts';
import { formatAstring } from './strings.ts';

export type SimpleResponseCode =
  // RFC 3501 section 7.1
  | 'ALERT'
  | 'PARSE'
  | 'READ-ONLY'
  | 'READ-WRITE'
  | 'TRYCREATE'
  // RFC 5530
  | 'UNAVAILABLE'
  | 'AUTHENTICATIONFAILED'
  | 'AUTHORIZATIONFAILED'
  | 'EXPIRED'
  | 'PRIVACYREQUIRED'
  | 'CONTACTADMIN'
  | 'NOPERM'
  | 'INUSE'
  | 'EXPUNGEISSUED'
  | 'CORRUPTION'
  | 'SERVERBUG'
  | 'CLIENTBUG'
  | 'CANNOT'
  | 'LIMIT'
  | 'OVERQUOTA'
  | 'ALREADYEXISTS'
  | 'NONEXISTENT'
  // RFC 4469, RFC 4315, RFC 5182, RFC 6154, RFC 3516, RFC 9051, RFC 7162
  | 'TOOBIG'
  | 'UIDNOTSTICKY'
  | 'NOTSAVED'
  | 'USEATTR'
  | 'UNKNOWN-CTE'
  | 'HASCHILDREN'
  | 'CLOSED'
  | 'NOMODSEQ';

export type ResponseCode =
  | SimpleResponseCode
  | { readonly kind: 'CAPABILITY'; readonly capabilities: readonly string[] }
  /** Empty: the charsets are not named. */
  | { readonly kind: 'BADCHARSET'; readonly charsets: readonly string[] }
  /** May hold `\*`: new keywords can be made. */
  | { readonly kind: 'PERMANENTFLAGS'; readonly flags: readonly Flag[] }
  | {
      readonly kind: 'UIDNEXT' | 'UIDVALIDITY' | 'UNSEEN' | 'HIGHESTMODSEQ';
      readonly value: number;
    }
  /** RFC 4315 section 3 */
  | { readonly kind: 'APPENDUID'; readonly uidValidity: number; readonly uids: UidSet }
  | {
      readonly kind: 'COPYUID';
      readonly uidValidity: number;
      readonly sourceUids: UidSet;
      readonly targetUids: UidSet;
    }
  /** RFC 7162 section 3.1.3: message numbers, or UIDs after UID STORE. */
  | { readonly kind: 'MODIFIED'; readonly set: UidSet }
  /** RFC 8474 section 4 */
  | { readonly kind: 'MAILBOXID'; readonly id: string };

export function formatResponseCode(code: ResponseCode): OctetString {
  if (typeof code === 'string') return code;
  switch (code.kind) {
    case 'CAPABILITY':
      return `CAPABILITY ${code.capabilities.join(' ')}`;
    case 'BADCHARSET':
      return code.charsets.length === 0
        ? 'BADCHARSET'
        : `BADCHARSET (${code.charsets.map(formatAstring).join(' ')})`;
    case 'PERMANENTFLAGS':
      return `PERMANENTFLAGS (${code.flags.join(' ')})`;
    case 'UIDNEXT':
    case 'UIDVALIDITY':
    case 'UNSEEN':
    case 'HIGHESTMODSEQ':
      return `${code.kind} ${code.value}`;
    case 'APPENDUID':
      return `APPENDUID ${code.uidValidity} ${code.uids}`;
    case 'COPYUID':
      return `COPYUID ${code.uidValidity} ${code.sourceUids} ${code.targetUids}`;
    case 'MODIFIED':
      return `MODIFIED ${code.set}`;
    case 'MAILBOXID':
      return `MAILBOXID (${code.id})`;
    default:
      return code satisfies never;
  }
}
