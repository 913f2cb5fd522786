/** HELO and EHLO (RFC 5321 section 4.1.1.1), and STARTTLS (RFC 3207). */
import { limits } from '../../limits.ts';
import { replies } from '../replies.ts';
import {
  answer,
  type Command,
  type Outcome,
  offersAuth,
  offersStartTls,
  resetTransaction,
  type SmtpSession,
} from '../session.ts';

export const helo: Command = (session, argument) =>
  identify(session, 'HELO', argument) ?? answer(replies.helo(session.settings.name));

export const ehlo: Command = (session, argument) =>
  identify(session, 'EHLO', argument) ?? answer(replies.ehlo(session.settings.name, extensions(session)));

export const startTls: Command = (session, argument) => {
  if (argument !== '') return answer(replies.noArgument);
  if (session.tls !== undefined) return answer(replies.tlsActive);
  if (session.settings.tls === undefined) return answer(replies.notImplemented);
  return { kind: 'start-tls', reply: replies.readyForTls };
};

/** Nothing stands here before it is honoured. */
function extensions(session: SmtpSession): readonly string[] {
  return [
    'PIPELINING',
    `SIZE ${session.settings.sizeMax}`,
    '8BITMIME',
    'ENHANCEDSTATUSCODES',
    ...(offersStartTls(session) ? ['STARTTLS'] : []),
    ...(offersAuth(session) && session.account === undefined ? ['AUTH PLAIN LOGIN'] : []),
  ];
}

function identify(session: SmtpSession, verb: 'HELO' | 'EHLO', argument: string): Outcome | undefined {
  // Any printable word is accepted: RFC 5321 section 4.1.4 forbids refusing mail because the name does not
  // check out, and real clients send worse than host names.
  const name = argument.trim();
  if (!/^[\x21-\x7e]+$/.test(name) || name.length > limits.smtp.domainOctetsMax) {
    return answer(replies.syntaxHello);
  }
  session.helo = { verb, name };
  // RFC 5321 section 4.1.4: a second EHLO clears buffers and state exactly as RSET does.
  resetTransaction(session);
  session.recorder.note({ type: 'ClientIdentified', verb, name });
  return undefined;
}
