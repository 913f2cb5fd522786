/** What CAPABILITY tells: only what is fully built, and only where it can be used now. */
import { isSecured } from '../../mail/network-set.ts';
import type { ImapSession } from './session.ts';

/** Without what depends on the connection. */
const always = [
  'IMAP4rev1',
  'LITERAL+', // RFC 7888
  'SASL-IR', // RFC 4959
  'ID', // RFC 2971
  'ENABLE', // RFC 5161
  'IDLE', // RFC 2177
  'NAMESPACE', // RFC 2342
  'CHILDREN', // RFC 3348
  'SPECIAL-USE', // RFC 6154
  'CREATE-SPECIAL-USE',
  'UNSELECT', // RFC 3691
  'UIDPLUS', // RFC 4315
  'MOVE', // RFC 6851
  'STATUS=SIZE', // RFC 8438
] as const;

export function capabilities(session: ImapSession): readonly string[] {
  const names: string[] = [...always, `APPENDLIMIT=${session.settings.sizeMax}`]; // RFC 7889
  if (session.account !== undefined) return names;
  if (!session.tls && session.settings.secureContext !== undefined) names.push('STARTTLS');
  // RFC 3501 section 6.2.3: no password may cross in clear.
  names.push(mayLogIn(session) ? 'AUTH=PLAIN' : 'LOGINDISABLED');
  return names;
}

/** Over TLS, and from the machine itself. */
export function mayLogIn(session: ImapSession): boolean {
  return isSecured({ tls: session.tls, peerAddress: session.peer.address });
}
