/** What the server knows of one client connection while it lasts. Mutable; one conversation owns it. */
import type { UidRange } from '../../../events/uid-set.ts';
import type { OpenMailbox } from '../../mail/mailbox-access.ts';
import type { SessionRecorder } from '../../mail/session-recorder.ts';
import type { ImapSettings } from '../options.ts';
import type { ImapLogger, ImapServices, SocketAddress } from '../ports.ts';
import type { Input } from './input.ts';
import type { KnownUids } from './known-uids.ts';
import type { Output } from './output.ts';
import type { ReadMemory } from './read-memory.ts';
import type { RecentWatermarks } from './recent-watermarks.ts';

export interface ImapSession {
  readonly settings: ImapSettings;
  readonly services: ImapServices;
  readonly logger: ImapLogger;
  readonly recorder: SessionRecorder;
  readonly recent: RecentWatermarks;
  readonly peer: SocketAddress;
  readonly input: Input;
  readonly output: Output;
  readonly tls: boolean;
  /** The client waits for news, and we for the client. */
  idling(isIdling: boolean): void;
  account: Account | undefined;
  selected: Selected | undefined;
  failedLogins: number;
  /** BAD commands in a row. */
  badCommands: number;
}

export interface Account {
  readonly id: string;
  readonly mailbox: OpenMailbox;
  readonly reads: ReadMemory;
}

export interface Selected {
  readonly folderId: number;
  readonly uidValidity: number;
  readonly readOnly: boolean;
  /** The folder as the client knows it. */
  readonly known: KnownUids;
  /** Flag changes up to this modseq have been told. */
  flagsModseq: number;
  /** How many of the account's keywords the client has been told. */
  keywordsTold: number;
  /** What is `\Recent` in this session. */
  readonly recentUids: UidRange[];
}

/** The parts of a session that commands after login work on. */
export interface AccountSession {
  readonly session: ImapSession;
  readonly account: Account;
}

export interface SelectedSession extends AccountSession {
  readonly selected: Selected;
}
