/** What POP3 needs from the rest of the server. Adapters live where the server is composed. */
import type { Authenticate } from '../mail/authentication.ts';
import type { MailboxAccess } from '../mail/mailbox-access.ts';
import type { SessionRecorder } from '../mail/session-recorder.ts';

export interface Pop3Services {
  openSession(info: Pop3SessionInfo): SessionRecorder;
  readonly authenticate: Authenticate;
  readonly mailboxes: MailboxAccess;
  /** Accounts whose maildrop a session holds (RFC 1939 section 8), over all listeners of this process. */
  readonly heldMaildrops: Set<string>;
}

export interface Pop3SessionInfo {
  readonly listener: string;
  readonly protocol: 'pop3';
  readonly peer: SocketAddress;
  readonly local: SocketAddress;
  readonly implicitTls: boolean;
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** The few calls of the logger that POP3 makes. */
export interface Pop3Logger {
  error(fields: object, message: string): void;
}
