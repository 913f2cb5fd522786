/**
 * What SMTP needs from the rest of the server, in SMTP's own words. Adapters live where the server is
 * composed. Each of these may throw or reject with `ServiceUnavailable`, which becomes a temporary
 * reply, or with an `SmtpRefusal`, which carries its own; anything else is a bug of ours and becomes a
 * temporary reply too.
 */
import type { SessionRecorder } from '../mail/session-recorder.ts';
import type { AddressPath } from './path-parser.ts';
import type { Reply } from './replies.ts';

export interface SmtpServices {
  openSession(info: SmtpSessionInfo): SessionRecorder;
  readonly directory: SmtpDirectory;
  authenticate(login: string, password: string, from: AuthenticationOrigin): Promise<AuthenticationResult>;
  readonly intake: SmtpIntake;
}

export interface SmtpSessionInfo {
  readonly listener: string;
  readonly protocol: 'smtp' | 'submission';
  readonly peer: SocketAddress;
  readonly local: SocketAddress;
  /** The load balancer that named `peer` in its PROXY header. */
  readonly proxy?: SocketAddress;
  readonly implicitTls: boolean;
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface SmtpDirectory {
  /**
   * `localPart` is what the mailbox is called, without quoting and with its case; `domain` is in lower
   * case, an address literal in brackets, or '' for the `<Postmaster>` without a domain, which is the
   * postmaster of our first domain. Rejects with `ServiceUnavailable` when the view is not known to be
   * current.
   */
  resolve(localPart: string, domain: string): Promise<RecipientResolution>;
  /** `address` is `local@domain`, quoted where RFC 5321 wants it. */
  mayTransmitAs(accountId: string, address: string): Promise<boolean>;
}

export type RecipientResolution =
  | { readonly kind: 'local'; readonly accountIds: readonly string[] }
  /** A domain of ours, but no such mailbox. */
  | { readonly kind: 'unknown-mailbox' }
  | { readonly kind: 'not-ours' };

interface AuthenticationOrigin {
  readonly address: string;
  readonly sessionId: string;
  readonly mechanism: string;
}

export type AuthenticationResult =
  | { readonly kind: 'ok'; readonly accountId: string; readonly name: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

interface SmtpIntake {
  /**
   * Is there room, and does the log keep up? Asked at MAIL and again before 354, so that a refusal
   * comes before any data. `size` is what the SIZE parameter declared.
   */
  admit(size: number | undefined): Promise<Admission>;
  /** Called just before 354. */
  receive(info: ReceiveInfo): MessageReceiver;
}

type Admission = { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly reply: Reply };

export interface ReceiveInfo {
  readonly sessionId: string;
  readonly peer: SocketAddress;
  readonly accountId?: string;
  readonly recipientCount: number;
  readonly size?: number;
}

/**
 * Takes one message. Exactly one of `finish` and `abort` is called, after every `write` has settled,
 * and nothing after it.
 */
export interface MessageReceiver {
  /** Stands in the Received field, so it is an RFC 5322 dot-atom; a UUID is one. */
  readonly messageId: string;
  /** The content exactly as received after dot-unstuffing, lines ending in CRLF. Resolves when the next
   * chunk may come. The receiver may keep the chunk: it is not used again. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when key, content and `MessageAccepted` are durable. */
  finish(accepted: AcceptedEnvelope): Promise<{ readonly messageId: string }>;
  abort(): Promise<void>;
}

/** RFC 3848, "with" keywords. UTF8SMTP and its kin (RFC 6531 section 4.3) come with SMTPUTF8. */
export type WithProtocol = 'SMTP' | 'ESMTP' | 'ESMTPS' | 'ESMTPA' | 'ESMTPSA';

export interface TlsFacts {
  readonly version: string;
  readonly cipher: string;
  readonly serverName?: string;
}

/** An ESMTP parameter exactly as the client wrote it, such as `SIZE=1024`. */
type SentParameter = string;

export interface AcceptedRecipient {
  /** With the angle brackets, the source route if there was one, and the case. */
  readonly asSent: string;
  readonly localPart: string;
  readonly domain: string;
  readonly parameters: readonly SentParameter[];
  /** The local accounts that the address leads to. */
  readonly accountIds: readonly string[];
}

export interface AcceptedEnvelope {
  readonly receivedAt: Date;
  readonly helo: { readonly verb: 'HELO' | 'EHLO'; readonly name: string };
  readonly protocol: WithProtocol;
  readonly tls?: TlsFacts;
  readonly authenticated?: { readonly accountId: string; readonly name: string };
  readonly reversePath: {
    readonly asSent: string;
    /** Undefined for the null path `<>`. */
    readonly address?: AddressPath;
    readonly parameters: readonly SentParameter[];
    readonly declaredSize?: number;
    readonly body?: '7BIT' | '8BITMIME';
  };
  /** One for each RCPT command, in their order, also when two name the same mailbox. */
  readonly recipients: readonly AcceptedRecipient[];
  /** Our Received field, ASCII, ending in CRLF, to stand before the content. */
  readonly traceHeader: string;
  readonly content: ContentFacts;
}

/** What one pass over the content found. Values are unfolded and as they stand, encoded words and all. */
export interface ContentFacts {
  readonly size: number;
  readonly messageIdHeader?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly receivedCount: number;
  /** Incoming Return-Path fields, to be hidden at final delivery (RFC 5321 section 4.4). */
  readonly returnPaths: readonly OctetRange[];
  /** Bare CRs and LFs were made CRLF, because the peer's network is configured so. */
  readonly newlinesNormalized: boolean;
}

export interface OctetRange {
  readonly offset: number;
  readonly length: number;
}

/** The few calls of the logger that SMTP makes. */
export interface SmtpLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
