import { logError } from '../log-error.ts';
import { replies, replyForError } from '../replies.ts';
import { decodeLoginAnswer, decodePlain } from '../sasl.ts';
import {
  answer,
  type Command,
  closeWith,
  maySendPassword,
  type Outcome,
  type SmtpSession,
} from '../session.ts';

export const authenticate: Command = (session, argument) => {
  if (session.settings.mode !== 'submission') return answer(replies.notImplemented);
  if (session.helo === undefined) return answer(replies.helloFirst);
  // RFC 4954 section 4: once only, and not during a mail transaction.
  if (session.account !== undefined || session.transaction !== undefined) {
    return answer(replies.authOutOfSequence);
  }
  const [mechanism = '', initial, ...rest] = argument.split(' ').filter((word) => word !== '');
  if (mechanism === '' || rest.length > 0) return answer(replies.syntaxAuth);
  switch (mechanism.toUpperCase()) {
    case 'PLAIN':
      return maySendPassword(session) ? startPlain(session, initial) : answer(replies.authNeedsTls);
    case 'LOGIN':
      return maySendPassword(session) ? startLogin(session, initial) : answer(replies.authNeedsTls);
    default:
      return answer(replies.unknownMechanism);
  }
};

type Step = (line: string) => Promise<Outcome>;

/** Sends a challenge; the next line is the client's answer to it. */
function challenge(session: SmtpSession, text: string, next: Step): Outcome {
  session.authStep = async (line) => {
    session.authStep = undefined;
    return line === '*' ? answer(replies.authCancelled) : next(line);
  };
  return answer(replies.authContinue(text));
}

async function startPlain(session: SmtpSession, initial: string | undefined): Promise<Outcome> {
  const step: Step = async (line) => {
    const credentials = decodePlain(line);
    if (credentials === undefined) return answer(replies.authMalformed);
    return checkLogin(session, { mechanism: 'PLAIN', ...credentials });
  };
  return initial === undefined ? challenge(session, '', step) : step(initial);
}

async function startLogin(session: SmtpSession, initial: string | undefined): Promise<Outcome> {
  const askPassword: Step = async (line) => {
    const login = decodeLoginAnswer(line);
    if (login === undefined) return answer(replies.authMalformed);
    return challenge(session, base64('Password:'), async (secret) => {
      const password = decodeLoginAnswer(secret);
      if (password === undefined) return answer(replies.authMalformed);
      return checkLogin(session, {
        mechanism: 'LOGIN',
        authorizationId: '',
        authenticationId: login,
        password,
      });
    });
  };
  return initial === undefined ? challenge(session, base64('Username:'), askPassword) : askPassword(initial);
}

interface Login {
  readonly mechanism: string;
  readonly authorizationId: string;
  readonly authenticationId: string;
  readonly password: string;
}

async function checkLogin(session: SmtpSession, login: Login): Promise<Outcome> {
  const { mechanism, authenticationId, authorizationId } = login;
  // RFC 4616 section 2: acting for somebody else is an authorisation that nobody here has.
  if (authorizationId !== '' && authorizationId !== authenticationId) return failedLogin(session, login);
  try {
    const { address } = session.peer;
    const origin = { address, sessionId: session.recorder.sessionId, mechanism };
    const result = await session.services.authenticate(authenticationId, login.password, origin);
    switch (result.kind) {
      case 'ok': {
        const { accountId, name } = result;
        session.account = { accountId, name };
        const acting = authorizationId === '' ? {} : { authorizationId };
        session.recorder.note({ type: 'Authenticated', mechanism, accountId, authenticationId, ...acting });
        return answer(replies.authenticated);
      }
      case 'failed':
        return failedLogin(session, login);
      case 'throttled':
        return countLogin(session, replies.authThrottled);
      default:
        return result satisfies never;
    }
  } catch (error) {
    logError(session, 'AUTH', error);
    return answer(replyForError(error, 'auth'));
  }
}

function failedLogin(session: SmtpSession, login: Login): Outcome {
  const { mechanism, authenticationId } = login;
  session.recorder.note({ type: 'AuthenticationFailed', mechanism, login: authenticationId });
  return countLogin(session, replies.authFailed);
}

function countLogin(session: SmtpSession, reply: typeof replies.authFailed): Outcome {
  session.failedLogins += 1;
  if (session.failedLogins < session.settings.failedLoginsMax) return answer(reply);
  return closeWith(replies.tooManyFailedLogins, 'too many failed logins');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
