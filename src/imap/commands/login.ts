/**
 * LOGIN (RFC 3501 section 6.2.3) and AUTHENTICATE PLAIN (RFC 4616) with an initial response (RFC 4959).
 *
 * A failed login is answered after a pause, and the third ends the connection. Where logins are slowed down
 * for an address or an account, the answer is `NO [UNAVAILABLE]` rather than `[AUTHENTICATIONFAILED]` (RFC
 * 5530): the password may be right, and a client should not ask its user for another one.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { limits } from '../../limits.ts';
import type { LoginResult } from '../../mail/authentication.ts';
import type { OctetString } from '../grammar/command-parts.ts';
import { parseSaslResponse } from '../grammar/connection-commands.ts';
import { saslChallenge } from '../responses/status-responses.ts';
import { capabilities, mayLogIn } from '../session/capabilities.ts';
import { ConnectionGone } from '../session/errors.ts';
import { bad, no, type Outcome, ok } from '../session/outcome.ts';
import { createReadMemory } from '../session/read-memory.ts';
import type { ImapSession } from '../session/session.ts';

interface Credentials {
  readonly mechanism: string;
  readonly authorizationId: string;
  readonly authenticationId: string;
  readonly password: string;
}

export async function login(
  session: ImapSession,
  command: { readonly login: OctetString; readonly password: OctetString },
): Promise<Outcome> {
  const refusal = loginRefusal(session);
  if (refusal !== undefined) return refusal;
  const authenticationId = utf8(Buffer.from(command.login, 'latin1'));
  const password = utf8(Buffer.from(command.password, 'latin1'));
  if (authenticationId === undefined || password === undefined) return bad('Login and password are UTF-8');
  return checkLogin(session, { mechanism: 'LOGIN', authorizationId: '', authenticationId, password });
}

export async function authenticate(
  session: ImapSession,
  command: { readonly mechanism: string; readonly initialResponse?: Uint8Array },
): Promise<Outcome> {
  const refusal = loginRefusal(session);
  if (refusal !== undefined) return refusal;
  // RFC 3501 section 6.2.2: NO for a mechanism that is not supported.
  if (command.mechanism !== 'PLAIN') return no('Only PLAIN is supported', 'CANNOT');
  const message = command.initialResponse ?? (await askForResponse(session));
  if (!(message instanceof Uint8Array)) return message;
  const credentials = decodePlain(message);
  if (credentials === undefined) return bad('Malformed PLAIN message');
  const { authorizationId, authenticationId } = credentials;
  if (authorizationId !== '' && authorizationId !== authenticationId) {
    return failed(session, credentials, no('Nobody may act for somebody else', 'AUTHORIZATIONFAILED'));
  }
  return checkLogin(session, credentials);
}

function loginRefusal(session: ImapSession): Outcome | undefined {
  if (session.account !== undefined) return bad('Logged in already');
  // RFC 5530 section 3
  return mayLogIn(session) ? undefined : no('Start TLS before you log in', 'PRIVACYREQUIRED');
}

async function askForResponse(session: ImapSession): Promise<Uint8Array | Outcome> {
  session.input.reader.expectLine();
  session.output.line(saslChallenge(new Uint8Array(0)));
  session.output.flush();
  const event = await session.input.next();
  if (event === undefined) throw new ConnectionGone('the client left while it logged in');
  // The line was over its bound.
  if (event.kind !== 'line') return bad('AUTHENTICATE: response too long');
  const response = parseSaslResponse(event.text);
  switch (response.kind) {
    case 'octets':
      return response.octets;
    case 'cancelled':
      return bad('AUTHENTICATE cancelled');
    case 'malformed':
      return bad('AUTHENTICATE: invalid base64');
    default:
      return response satisfies never;
  }
}

/** `authzid NUL authcid NUL passwd` in UTF-8; authcid and passwd have at least one character. */
function decodePlain(message: Uint8Array): Credentials | undefined {
  const parts = utf8(message)?.split('\0');
  const [authorizationId, authenticationId, password] = parts ?? [];
  if (parts?.length !== 3 || authorizationId === undefined) return undefined;
  if (!authenticationId || !password) return undefined;
  return { mechanism: 'PLAIN', authorizationId, authenticationId, password };
}

function utf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    // Not UTF-8, which is the answer.
    return undefined;
  }
}

async function checkLogin(session: ImapSession, credentials: Credentials): Promise<Outcome> {
  const { mechanism, authenticationId, password } = credentials;
  const origin = { address: session.peer.address, sessionId: session.recorder.sessionId, mechanism };
  const result = await session.services.authenticate(authenticationId, password, origin);
  switch (result.kind) {
    case 'ok':
      return accept(session, credentials, result);
    case 'failed':
      return failed(session, credentials, no('Login or password is wrong', 'AUTHENTICATIONFAILED'));
    case 'throttled':
      return failed(session, undefined, no('Too many failed logins; try again later', 'UNAVAILABLE'));
    default:
      return result satisfies never;
  }
}

async function accept(
  session: ImapSession,
  { mechanism, authorizationId, authenticationId }: Credentials,
  { accountId }: Extract<LoginResult, { kind: 'ok' }>,
): Promise<Outcome> {
  const mailbox = await session.services.mailboxes.open(accountId, session.recorder);
  session.recorder.note({
    type: 'Authenticated',
    mechanism,
    accountId,
    authenticationId,
    ...(authorizationId === '' ? {} : { authorizationId }),
  });
  session.account = { id: accountId, mailbox, reads: createReadMemory() };
  session.input.reader.setLimits(limits.imap.authenticated);
  return ok('Logged in', { kind: 'CAPABILITY', capabilities: capabilities(session) });
}

/** Without credentials it was not looked whether they are right. */
async function failed(
  session: ImapSession,
  credentials: Credentials | undefined,
  outcome: Outcome,
): Promise<Outcome> {
  if (credentials !== undefined) {
    const { mechanism, authenticationId } = credentials;
    session.recorder.note({ type: 'AuthenticationFailed', mechanism, login: authenticationId });
  }
  session.failedLogins += 1;
  await wait(session.settings.failedLoginDelayMs);
  if (session.failedLogins < session.settings.failedLoginsMax) return outcome;
  return { ...outcome, after: 'end', bye: 'Too many failed logins', reason: 'too many failed logins' };
}
