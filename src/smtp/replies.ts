/**
 * The one table of SMTP replies: it owns the reply code, the enhanced status code and the text of
 * everything this server says, so that the enhanced code follows the reason and not the number
 * (RFC 3463, RFC 2034). Texts never repeat what the peer sent.
 *
 * An error that reaches a reply is either an `SmtpRefusal`, which knows its reply, or a fault of ours,
 * which is always temporary: a peer must not bounce mail because we are broken.
 */
import { ServiceUnavailable } from '../mail/service-unavailable.ts';

type Fault = 'peer' | 'ours';

export interface Reply {
  readonly code: number;
  /** Absent where RFC 2034 section 4 wants none: the greeting, HELO and EHLO, and every 3xx. */
  readonly enhanced?: string;
  readonly text: string | readonly string[];
  /** Whose fault a 4xx or 5xx is. Absent: the peer's. */
  readonly fault?: Fault;
}

function reply(code: number, enhanced: string, text: string, fault: Fault = 'peer'): Reply {
  return { code, enhanced, text, fault };
}

export const replies = {
  // Success and intermediate.
  greeting: (name: string): Reply => ({ code: 220, text: `${name} ESMTP Chancery` }),
  helo: (name: string): Reply => ({ code: 250, text: name }),
  ehlo: (name: string, extensions: readonly string[]): Reply => ({ code: 250, text: [name, ...extensions] }),
  ok: reply(250, '2.0.0', 'OK'),
  senderOk: reply(250, '2.1.0', 'Sender OK'),
  recipientOk: reply(250, '2.1.5', 'Recipient OK'),
  startData: { code: 354, text: 'End data with <CR><LF>.<CR><LF>' } satisfies Reply,
  accepted: (messageId: string) => reply(250, '2.0.0', `OK: accepted as ${messageId}`),
  bye: reply(221, '2.0.0', 'Bye'),
  help: reply(214, '2.0.0', 'Commands: EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP STARTTLS AUTH'),
  cannotVerify: reply(252, '2.5.2', 'Cannot VRFY user; try RCPT and see'),
  readyForTls: reply(220, '2.0.0', 'Ready to start TLS'),
  authenticated: reply(235, '2.7.0', 'Authentication successful'),
  authContinue: (challenge: string): Reply => ({ code: 334, text: challenge }),

  // Commands.
  unknownCommand: reply(500, '5.5.2', 'Command not recognized'),
  lineTooLong: reply(500, '5.5.2', 'Line too long'),
  bareNewlineInCommand: reply(500, '5.5.2', 'Commands end with <CR><LF>, and with nothing else'),
  controlCharacter: reply(500, '5.5.2', 'Control character in command'),
  notImplemented: reply(502, '5.5.1', 'Command not implemented'),
  syntaxHello: reply(501, '5.5.2', 'Syntax: EHLO hostname'),
  syntaxMail: reply(501, '5.5.2', 'Syntax: MAIL FROM:<address>'),
  syntaxRecipient: reply(501, '5.5.2', 'Syntax: RCPT TO:<address>'),
  syntaxVerify: reply(501, '5.5.2', 'Syntax: VRFY address'),
  syntaxAuth: reply(501, '5.5.2', 'Syntax: AUTH mechanism [initial-response]'),
  noArgument: reply(501, '5.5.4', 'Command takes no argument'),
  helloFirst: reply(503, '5.5.1', 'Send EHLO or HELO first'),
  nestedMail: reply(503, '5.5.1', 'A mail transaction is already open'),
  mailFirst: reply(503, '5.5.1', 'Send MAIL first'),
  recipientFirst: reply(503, '5.5.1', 'Send RCPT first'),
  noValidRecipients: reply(554, '5.5.1', 'No valid recipients'),
  tooManyBadCommands: reply(421, '4.7.0', 'Too many errors, closing connection'),
  httpRequest: reply(421, '4.7.0', 'This is a mail server, closing connection'),

  // Paths and parameters.
  badSenderSyntax: reply(501, '5.1.7', 'Bad sender address syntax'),
  badRecipientSyntax: reply(501, '5.1.3', 'Bad recipient address syntax'),
  nonAsciiAddress: reply(553, '5.6.7', 'Non-ASCII addresses are not permitted here'),
  unknownParameter: reply(555, '5.5.4', 'Parameter not recognized'),
  badParameter: reply(501, '5.5.4', 'Bad parameter syntax or value'),
  duplicateParameter: reply(501, '5.5.4', 'Parameter given twice'),

  // Recipients and senders.
  unknownMailbox: reply(550, '5.1.1', 'No such mailbox here'),
  relayingDenied: reply(550, '5.7.1', 'Relaying denied'),
  noWayOut: reply(550, '5.7.1', 'Mail to other servers is not possible here'),
  senderNotYours: reply(553, '5.7.1', 'Sender address does not belong to the authenticated account'),
  tooManyRecipients: reply(452, '4.5.3', 'Too many recipients in one transaction'),
  tooManyRefusedRecipients: reply(421, '4.7.0', 'Too many refused recipients, closing connection'),

  // Content.
  messageTooBig: (octetsMax: number) =>
    reply(552, '5.3.4', `Message exceeds the maximum size of ${octetsMax} octets`),
  bareNewline: reply(550, '5.6.0', 'Message contains a bare <CR> or <LF>'),
  tooManyReturnPaths: reply(550, '5.6.0', 'Message has too many Return-Path fields'),
  mailLoop: reply(554, '5.4.6', 'Mail loop: too many Received fields'),
  dataTooSlow: reply(421, '4.4.2', 'Message took too long, closing connection'),

  // TLS and authentication.
  tlsActive: reply(503, '5.5.1', 'TLS is already active'),
  tlsFirst: reply(530, '5.7.0', 'Must issue a STARTTLS command first'),
  authRequired: reply(530, '5.7.0', 'Authentication required'),
  authNeedsTls: reply(538, '5.7.11', 'Encryption required for this authentication mechanism'),
  authOutOfSequence: reply(503, '5.5.1', 'AUTH not permitted now'),
  unknownMechanism: reply(504, '5.5.4', 'Unrecognized authentication mechanism'),
  authCancelled: reply(501, '5.7.0', 'Authentication cancelled'),
  authMalformed: reply(501, '5.5.2', 'Cannot decode the response'),
  authLineTooLong: reply(500, '5.5.6', 'Authentication exchange line is too long'),
  authFailed: reply(535, '5.7.8', 'Authentication credentials invalid'),
  authThrottled: reply(454, '4.7.0', 'Too many failed logins lately, try again later'),
  tooManyFailedLogins: reply(421, '4.7.0', 'Too many failed logins, closing connection'),

  // Connections, and what is our fault.
  earlyTalker: reply(554, '5.5.1', 'Talked before the greeting'),
  tooManySessions: reply(421, '4.3.2', 'Too many connections, try again later', 'ours'),
  tooManySessionsFromAddress: reply(421, '4.7.0', 'Too many connections from your address'),
  idle: reply(421, '4.4.2', 'Idle for too long, closing connection'),
  shuttingDown: reply(421, '4.3.2', 'Service is shutting down, closing connection', 'ours'),
  localError: reply(451, '4.3.0', 'Local error, try again later', 'ours'),
  localErrorAtAuth: reply(454, '4.7.0', 'Temporary authentication failure', 'ours'),
  localErrorAtConnect: reply(421, '4.3.0', 'Local error, try again later', 'ours'),
  insufficientStorage: reply(452, '4.3.1', 'Insufficient system storage, try again later', 'ours'),
} as const;

/** A refusal with its reply, for services that have to say more than "not now". */
export class SmtpRefusal extends Error {
  override readonly name = 'SmtpRefusal';
  readonly reply: Reply;

  constructor(refusal: Reply, options?: ErrorOptions) {
    super([refusal.text].flat().join(' '), options);
    this.reply = refusal;
  }

  get code(): number {
    return this.reply.code;
  }

  get enhanced(): string | undefined {
    return this.reply.enhanced;
  }

  get fault(): Fault {
    return this.reply.fault ?? 'peer';
  }
}

/** Where in the conversation an error came up: it decides which temporary reply a fault of ours gets. */
type Stage = 'connect' | 'auth' | 'command';

/** The reply for anything thrown. Only an `SmtpRefusal` can be permanent. */
export function replyForError(error: unknown, stage: Stage): Reply {
  if (error instanceof SmtpRefusal) return error.reply;
  switch (stage) {
    case 'connect':
      return replies.localErrorAtConnect;
    case 'auth':
      return replies.localErrorAtAuth;
    case 'command':
      return replies.localError;
    default:
      return stage satisfies never;
  }
}

/** Did the error say for itself that we are not ready, or is it a bug that somebody has to look at? */
export function isExpectedError(error: unknown): boolean {
  return error instanceof SmtpRefusal || error instanceof ServiceUnavailable;
}

export function isRefusal(candidate: Reply): boolean {
  return candidate.code >= 400;
}

/** The text of a reply on one line, as it goes on record. */
export function replyText(candidate: Reply): string {
  return [candidate.text].flat().join(' ');
}

/**
 * RFC 5321 section 4.2: every line but the last has a hyphen after the code; RFC 2034 section 4: the
 * enhanced code stands on each. What is not printable ASCII becomes `?`, so that no text can split a
 * reply, whoever composed it.
 */
export function formatReply(candidate: Reply): string {
  const lines = [candidate.text].flat();
  const enhanced = candidate.enhanced === undefined ? '' : `${candidate.enhanced} `;
  return lines
    .map((line, index) => {
      const separator = index === lines.length - 1 ? ' ' : '-';
      return `${candidate.code}${separator}${enhanced}${line.replace(/[^\x20-\x7e]/g, '?')}\r\n`;
    })
    .join('');
}
