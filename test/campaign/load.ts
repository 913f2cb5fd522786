/**
 * Load for the crash rounds: a few SMTP senders, each with one session, that send messages of many sizes to one, two
 * or three accounts and remember which ones got their 250. A connection that ends, ends its sender.
 */
import { createHash } from 'node:crypto';
import { createMaker } from '../support/nasty-messages/maker.ts';
import { openMailSender } from '../support/send-mail.ts';

export const campaignAccounts = ['alice@example.test', 'bob@example.test', 'auditor@example.test'] as const;

export interface SentMessage {
  /** The Message-ID field's value, the only one of its kind. */
  readonly messageId: string;
  /** Number of accounts that it goes to. */
  readonly accounts: number;
  /** Octets, and their SHA-256 in hexadecimal: what a mailbox has to end with. */
  readonly size: number;
  readonly digest: string;
}

export interface LoadOptions {
  readonly port: number;
  readonly seed: number;
  readonly round: number;
  readonly senders: number;
  /** For each sender. */
  readonly messagesMax: number;
  readonly accepted: (message: SentMessage) => void;
}

export interface Load {
  /** Resolves with the refusals when every sender has ended; never rejects. */
  readonly done: Promise<readonly string[]>;
  /** No more messages are begun. */
  stop(): void;
}

/** The larger ones do not fit into one sealed chunk of a blob (64 KiB). */
const linesOf = [1, 10, 60, 400, 3_000] as const;

export function startLoad(options: LoadOptions): Load {
  let stopping = false;
  const refusals: string[] = [];

  async function runSender(number: number): Promise<void> {
    const maker = createMaker(options.seed, options.round * 1_000 + number);
    const sender = await openMailSender(options.port);
    try {
      for (let sent = 0; sent < options.messagesMax && !stopping; sent++) {
        const messageId = `<${options.seed}.${options.round}.${number}.${sent}@crash.test>`;
        const to = campaignAccounts.slice(0, 1 + maker.below(campaignAccounts.length));
        const lines = maker.chance(20) ? 3_000 : maker.pick(linesOf.slice(0, 4));
        const text = `Message-ID: ${messageId}\r\nSubject: ${maker.words()}\r\n\r\n${maker.lines(lines)}`;
        const bytes = Buffer.from(text, 'latin1');
        const reply = await sender.send({ from: 'sender@crash.test', to, bytes });
        if (!reply.startsWith('250')) {
          refusals.push(reply);
          return;
        }
        const digest = createHash('sha256').update(bytes).digest('hex');
        options.accepted({ messageId, accounts: to.length, size: bytes.length, digest });
      }
    } finally {
      sender.destroy();
    }
  }

  const senders = Array.from({ length: options.senders }, (_, number) =>
    // The server dies under it: that is what the round is for. What counts is what it had said 250 to.
    runSender(number).catch(() => undefined),
  );
  return {
    done: Promise.all(senders).then(() => refusals),
    stop: () => {
      stopping = true;
    },
  };
}
