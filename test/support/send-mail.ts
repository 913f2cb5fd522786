/** A polite SMTP session over the wire client: greets, then sends messages one after the other. */
import { openClient } from '../smtp/support/wire-client.ts';

export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  /** As it is to arrive; its lines end with CRLF. */
  readonly bytes: Uint8Array;
}

export interface MailSender {
  /** The reply to the message, or to the command that was refused. Rejects when the connection ended. */
  send(letter: Letter): Promise<string>;
  quit(): Promise<void>;
  destroy(): void;
}

export async function openMailSender(port: number): Promise<MailSender> {
  const client = await openClient({ port });
  const expect = (reply: string): void => {
    if (!reply.startsWith('2')) throw new Error(`refused: ${reply}`);
  };
  try {
    expect(await client.reply());
    expect(await client.command('EHLO sender.example.org'));
  } catch (error) {
    client.destroy();
    throw error;
  }
  return {
    async send({ from, to, bytes }) {
      const commands = [`MAIL FROM:<${from}>`, ...to.map((address) => `RCPT TO:<${address}>`)];
      for (const command of commands) {
        const reply = await client.command(command);
        if (!reply.startsWith('250')) return reply;
      }
      const ready = await client.command('DATA');
      if (!ready.startsWith('354')) return ready;
      client.send(dotStuffed(bytes));
      return client.reply();
    },
    async quit() {
      await client.command('QUIT');
      client.end();
    },
    destroy: client.destroy,
  };
}

/** RFC 5321 section 4.5.2; a message that does not end with CRLF gets one, as SMTP has no other way. */
function dotStuffed(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes).toString('latin1');
  const ended = text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`;
  return Buffer.from(`${ended.replace(/^\./, '..').replaceAll('\r\n.', '\r\n..')}.\r\n`, 'latin1');
}
