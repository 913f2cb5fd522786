/**
 * The AUTHORIZATION state: USER and PASS (RFC 1939 section 7), AUTH PLAIN (RFC 5034, 4616) and STLS (RFC 2595).
 *
 * Passwords cross TLS or loopback only. A failed login is answered after a pause, and the third ends the session.
 * Where logins are slowed down for an address or an account, the answer is [LOGIN-DELAY] rather than [AUTH]: the
 * password may be right, and a client should not ask its user for another one (RFC 3206 section 4).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { inboxId } from '../../events/mailbox.ts';
import { limits } from '../limits.ts';
import { decodeUtf8, type Pop3Command, parsePlain } from './commands.ts';
import { openMaildrop } from './maildrop.ts';
import { emptyChallenge, endOfLines, err, formatLines, formatReply, ok, type Refusal } from './responses.ts';
import {
  badCommand,
  maySendPassword,
  type Outcome,
  offersStartTls,
  type Pop3Session,
  refused,
} from './session.ts';
import { ClientGone } from './wire.ts';

interface Credentials {
  readonly mechanism: 'USER' | 'PLAIN';
  readonly authorizationId: string;
  readonly login: string;
  readonly password: string;
}

export async function authorize(session: Pop3Session, command: Pop3Command): Promise<Outcome> {
  switch (command.name) {
    case 'USER':
      if (!maySendPassword(session)) return needsTls;
      session.user = command.text;
      return { kind: 'response', octets: formatReply(ok('Send the password')) };
    case 'PASS':
      return pass(session, command.text);
    case 'AUTH':
      return authenticate(session, command);
    case 'STLS':
      if (offersStartTls(session)) return { kind: 'start-tls' };
      return badCommand(err(session.tls ? 'TLS is active already' : 'TLS is not available'));
    default:
      return badCommand(err('Log in first'));
  }
}

const needsTls = refused(err('Start TLS first: passwords are not taken in clear'));

async function pass(session: Pop3Session, octets: string): Promise<Outcome> {
  const user = session.user;
  // RFC 1939 section 7: after a failed PASS the client begins again with USER.
  session.user = undefined;
  if (user === undefined) return badCommand(err('USER comes first'));
  const login = decodeUtf8(Buffer.from(user, 'latin1'));
  const password = decodeUtf8(Buffer.from(octets, 'latin1'));
  if (login === undefined || password === undefined) return badCommand(err('Login and password are UTF-8'));
  return checkLogin(session, { mechanism: 'USER', authorizationId: '', login, password });
}

async function authenticate(
  session: Pop3Session,
  { mechanism, initial }: { readonly mechanism: string | undefined; readonly initial: string | undefined },
): Promise<Outcome> {
  if (mechanism === undefined) {
    // Not in RFC 5034, but older clients ask so, and a list is what they expect.
    const mechanisms = maySendPassword(session) ? ['PLAIN'] : [];
    return {
      kind: 'response',
      octets: `${formatReply(ok('Mechanisms'))}${formatLines(mechanisms)}${endOfLines}`,
    };
  }
  if (mechanism !== 'PLAIN') return refused(err('Only PLAIN is supported'));
  if (!maySendPassword(session)) return needsTls;
  const message = initial ?? (await askForMessage(session));
  if (typeof message !== 'string') return message;
  const plain = parsePlain(message);
  if (plain === undefined) return badCommand(err('Not a PLAIN message in base64'));
  const credentials: Credentials = { mechanism: 'PLAIN', ...plain };
  if (plain.authorizationId !== '' && plain.authorizationId !== plain.login)
    return failed(session, credentials, err('Nobody may act for somebody else', 'AUTH'));
  return checkLogin(session, credentials);
}

async function askForMessage(session: Pop3Session): Promise<string | Outcome> {
  await session.wire.write(emptyChallenge);
  const line = await session.wire.readLine(limits.pop3.authLineOctetsMax, session.settings.beforeLoginMsMax);
  switch (line.kind) {
    case 'line':
      return line.text === '*' ? refused(err('Authentication cancelled')) : line.text;
    case 'too-long':
      return badCommand(err('Line too long'));
    case 'timeout':
    case 'closed':
      throw new ClientGone(line.kind === 'timeout' ? 'idle for too long' : 'closed by the client');
    default:
      return line satisfies never;
  }
}

async function checkLogin(session: Pop3Session, credentials: Credentials): Promise<Outcome> {
  const { mechanism, login, password } = credentials;
  const from = { address: session.peer.address, sessionId: session.recorder.sessionId, mechanism };
  const result = await session.services.authenticate(login, password, from);
  switch (result.kind) {
    case 'ok':
      return enter(session, credentials, result.accountId);
    case 'failed':
      return failed(session, credentials, err('Login or password is wrong', 'AUTH'));
    case 'throttled':
      return failed(session, undefined, err('Too many failed logins, try again later', 'LOGIN-DELAY'));
    default:
      return result satisfies never;
  }
}

async function enter(
  session: Pop3Session,
  { mechanism, authorizationId, login }: Credentials,
  accountId: string,
): Promise<Outcome> {
  const { recorder, services } = session;
  recorder.note({
    type: 'Authenticated',
    mechanism,
    accountId,
    authenticationId: login,
    ...(authorizationId === '' ? {} : { authorizationId }),
  });
  const maildrop = await openMaildrop(services, accountId, recorder);
  if (maildrop === 'in-use') return refused(err('Another session holds the maildrop', 'IN-USE'));
  session.maildrop = maildrop;
  recorder.note({ type: 'FolderOpened', accountId, folderId: inboxId, readOnly: false });
  const octets = formatReply(ok(`${maildrop.count} messages (${maildrop.octets} octets)`));
  return { kind: 'response', octets };
}

/** Without credentials it was not looked whether they are right. */
async function failed(
  session: Pop3Session,
  credentials: Credentials | undefined,
  refusal: Refusal,
): Promise<Outcome> {
  if (credentials !== undefined) {
    const { mechanism, login } = credentials;
    session.recorder.note({ type: 'AuthenticationFailed', mechanism, login });
  }
  session.failedLogins++;
  await wait(session.settings.failedLoginDelayMs);
  return session.failedLogins < session.settings.failedLoginsMax
    ? refused(refusal)
    : { kind: 'refused', refusal, endReason: 'too many failed logins' };
}
