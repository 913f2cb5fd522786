/**
 * Verb to command. A verb that is not here is not recognised (500); one that RFCs know and this server
 * does not speak is not implemented (502). Jokes of the past (WIZ, DEBUG, KILL) are not recognised.
 */
import { replies } from '../replies.ts';
import { answer, type Command, closeWith, resetTransaction } from '../session.ts';
import { authenticate } from './authenticate.ts';
import { data } from './data.ts';
import { ehlo, helo, startTls } from './hello.ts';
import { mail } from './mail.ts';
import { recipient } from './recipient.ts';

const rset: Command = (session, argument) => {
  if (argument !== '') return answer(replies.noArgument);
  resetTransaction(session);
  return answer(replies.ok);
};

// RFC 5321 section 4.1.1.9: a parameter is ignored.
const noop: Command = () => answer(replies.ok);

// RFC 5321 section 7.3: 252 tells nobody which mailboxes there are.
const vrfy: Command = (_session, argument) =>
  answer(argument.trim() === '' ? replies.syntaxVerify : replies.cannotVerify);

const help: Command = () => answer(replies.help);

const quit: Command = () => closeWith(replies.bye, 'QUIT');

const notImplemented: Command = () => answer(replies.notImplemented);

export const commandTable: ReadonlyMap<string, Command> = new Map([
  ['HELO', helo],
  ['EHLO', ehlo],
  ['STARTTLS', startTls],
  ['AUTH', authenticate],
  ['MAIL', mail],
  ['RCPT', recipient],
  ['DATA', data],
  ['RSET', rset],
  ['NOOP', noop],
  ['VRFY', vrfy],
  ['HELP', help],
  ['QUIT', quit],
  ['EXPN', notImplemented],
  ['BDAT', notImplemented],
  ['BURL', notImplemented],
  ['ETRN', notImplemented],
  ['ATRN', notImplemented],
  ['TURN', notImplemented],
  ['SEND', notImplemented],
  ['SOML', notImplemented],
  ['SAML', notImplemented],
  ['XCLIENT', notImplemented],
  ['XFORWARD', notImplemented],
]);
