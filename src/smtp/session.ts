/**
 * The state of one SMTP session, and what a command may answer. Commands are functions over this state
 * (`commands/`); the connection carries out what they answer.
 */
import { isSecured } from '../mail/network-set.ts';
import type { SessionRecorder } from '../mail/session-recorder.ts';
import type { BareNewlines } from './data-stream.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { MailParameters } from './mail-parameters.ts';
import type { ListenerSettings } from './options.ts';
import type { ParsedPath } from './path-parser.ts';
import type { AcceptedRecipient, SmtpLogger, SmtpServices, SocketAddress, TlsFacts } from './ports.ts';
import type { Reply } from './replies.ts';

export interface SmtpSession {
  readonly settings: ListenerSettings;
  readonly services: SmtpServices;
  readonly logger: SmtpLogger;
  readonly recorder: SessionRecorder;
  readonly peer: SocketAddress;
  readonly bareNewlines: BareNewlines;

  tls: TlsFacts | undefined;
  helo: { readonly verb: 'HELO' | 'EHLO'; readonly name: string } | undefined;
  account: { readonly accountId: string; readonly name: string } | undefined;
  transaction: Transaction | undefined;
  /** The step of an AUTH exchange that the next line belongs to. */
  authStep: ((line: string) => Promise<Outcome>) | undefined;

  badCommands: number;
  failedLogins: number;
  refusedRecipients: number;
}

export interface Transaction {
  readonly reversePath: ParsedPath;
  readonly parameters: MailParameters;
  readonly recipients: AcceptedRecipient[];
  /** RCPT has been tried, with whatever result. */
  recipientTried: boolean;
}

export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Reply, then end the connection. */
  | { readonly kind: 'close'; readonly reply: Reply; readonly reason: string }
  /** Reply, then the TLS handshake. */
  | { readonly kind: 'start-tls'; readonly reply: Reply }
  /** Reply, then the octets of the message. */
  | { readonly kind: 'data'; readonly reply: Reply; readonly data: DataPhase };

/** What the connection does with the DATA phase. */
export interface DataPhase {
  readonly message: IncomingMessage;
  /** The end of data was seen: the reply to it. Never rejects. */
  complete(): Promise<Outcome>;
}

/** `argument` is what follows the verb and one space, one octet per character. */
export type Command = (session: SmtpSession, argument: string) => Outcome | Promise<Outcome>;

export function answer(reply: Reply): Outcome {
  return { kind: 'reply', reply };
}

export function closeWith(reply: Reply, reason: string): Outcome {
  return { kind: 'close', reply, reason };
}

export function resetTransaction(session: SmtpSession): void {
  session.transaction = undefined;
}

/** After TLS everything that was learned in clear is forgotten (RFC 3207 section 4.2). */
export function resetForTls(session: SmtpSession, tls: TlsFacts): void {
  session.tls = tls;
  session.helo = undefined;
  session.account = undefined;
  session.authStep = undefined;
  resetTransaction(session);
}

/** Is AUTH announced on this connection? The MX port has no logins; in clear only loopback may. */
export function offersAuth(session: SmtpSession): boolean {
  return session.settings.mode === 'submission' && maySendPassword(session);
}

export function maySendPassword(session: SmtpSession): boolean {
  return isSecured({ tls: session.tls !== undefined, peerAddress: session.peer.address });
}

export function offersStartTls(session: SmtpSession): boolean {
  return session.settings.tls !== undefined && session.tls === undefined;
}
