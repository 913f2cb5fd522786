/** What IMAP needs from the rest of the server. Adapters live where the server is composed. */
import type { Authenticate } from '../mail/authentication.ts';
import type { MailboxAccess } from '../mail/mailbox-access.ts';
import type { SessionRecorder } from '../mail/session-recorder.ts';

export interface ImapServices {
  openSession(info: ImapSessionInfo): SessionRecorder;
  readonly authenticate: Authenticate;
  readonly mailboxes: MailboxAccess;
}

export interface ImapSessionInfo {
  readonly listener: string;
  readonly protocol: 'imap';
  readonly peer: SocketAddress;
  readonly local: SocketAddress;
  readonly implicitTls: boolean;
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** The few calls of the logger that IMAP makes. */
export interface ImapLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
