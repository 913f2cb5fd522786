/**
 * The services behind SMTP, in memory: a directory with three mailboxes, passwords in clear, an intake
 * that keeps what it gets, and recorders that keep every fact. A test changes one function to make one
 * thing go wrong.
 */
import type { SessionEnd, SessionFact } from '../../../src/mail/session-recorder.ts';
import type {
  AcceptedEnvelope,
  AuthenticationResult,
  MessageReceiver,
  ReceiveInfo,
  RecipientResolution,
  SmtpLogger,
  SmtpServices,
  SmtpSessionInfo,
} from '../../../src/smtp/ports.ts';

export interface RecordedSession {
  readonly id: string;
  readonly info: SmtpSessionInfo;
  readonly facts: SessionFact[];
  readonly closed: Promise<SessionEnd>;
}

export interface KeptMessage {
  readonly id: string;
  readonly info: ReceiveInfo;
  readonly chunks: Uint8Array[];
  envelope?: AcceptedEnvelope;
  outcome: 'receiving' | 'accepted' | 'aborted';
}

export interface FakeServices extends SmtpServices {
  readonly sessions: RecordedSession[];
  readonly messages: KeptMessage[];
  /** What the directory was asked. */
  readonly resolved: string[];
  readonly logins: string[];
  directory: { -readonly [K in keyof SmtpServices['directory']]: SmtpServices['directory'][K] };
  intake: { -readonly [K in keyof SmtpServices['intake']]: SmtpServices['intake'][K] };
}

export const passwords: ReadonlyMap<string, string> = new Map([
  ['alice', 'open sesame'],
  ['bob', 'swordfish'],
]);

export function createFakeServices(): FakeServices {
  const sessions: RecordedSession[] = [];
  const messages: KeptMessage[] = [];
  const resolved: string[] = [];
  const logins: string[] = [];

  return {
    sessions,
    messages,
    resolved,
    logins,
    openSession(info) {
      const facts: SessionFact[] = [];
      const { promise: closed, resolve } = Promise.withResolvers<SessionEnd>();
      const id = `session-${sessions.length + 1}`;
      sessions.push({ id, info, facts, closed });
      return {
        sessionId: id,
        note: (fact) => void facts.push(fact),
        flush: async () => undefined,
        close: async (end) => resolve(end),
      };
    },
    directory: {
      async resolve(localPart, domain) {
        resolved.push(`${localPart}@${domain}`);
        return lookUp(localPart, domain);
      },
      async mayTransmitAs(accountId, address) {
        return address.toLowerCase() === `${accountId}@example.test`;
      },
    },
    async authenticate(login, password): Promise<AuthenticationResult> {
      logins.push(login);
      if (login === 'flooder') return { kind: 'throttled', retryAfterMs: 1000 };
      if (passwords.get(login) !== password) return { kind: 'failed' };
      return { kind: 'ok', accountId: login, name: `${login}@example.test` };
    },
    intake: {
      admit: async () => ({ kind: 'ok' }),
      receive(info) {
        const message: KeptMessage = {
          id: `message-${messages.length + 1}`,
          info,
          chunks: [],
          outcome: 'receiving',
        };
        messages.push(message);
        return receiverOf(message);
      },
    },
  };
}

export function receiverOf(message: KeptMessage): MessageReceiver {
  const settle = (outcome: 'accepted' | 'aborted'): void => {
    if (message.outcome !== 'receiving') throw new Error(`${message.id} is ${message.outcome} already`);
    message.outcome = outcome;
  };
  return {
    messageId: message.id,
    async write(chunk) {
      if (message.outcome !== 'receiving') throw new Error(`${message.id} is ${message.outcome} already`);
      message.chunks.push(chunk);
    },
    async finish(envelope) {
      settle('accepted');
      message.envelope = envelope;
      return { messageId: message.id };
    },
    async abort() {
      settle('aborted');
    },
  };
}

export function contentOf(message: KeptMessage | undefined): string {
  return Buffer.concat(message?.chunks ?? []).toString('latin1');
}

function lookUp(localPart: string, domain: string): RecipientResolution {
  if (localPart === 'postmaster' && domain === '') return { kind: 'local', accountIds: ['alice'] };
  if (domain !== 'example.test' && domain !== '[192.0.2.1]') return { kind: 'not-ours' };
  const name = localPart.toLowerCase();
  if (name === 'both') return { kind: 'local', accountIds: ['alice', 'bob'] };
  return passwords.has(name) || name === 'o brien'
    ? { kind: 'local', accountIds: [name] }
    : { kind: 'unknown-mailbox' };
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'error';
  readonly message: string;
  readonly fields: object;
}

export function createFakeLogger(): SmtpLogger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields });
  return { lines, debug: at('debug'), info: at('info'), error: at('error') };
}
