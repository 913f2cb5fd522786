/**
 * 500 messages of real-world nastiness come back byte for byte over IMAP and POP3, but for what the protocols forbid
 * (a NUL shows as 0x80 in a non-binary FETCH, POP3 ends an unterminated message with CRLF), and exactly in what is stored.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { openEngine } from '../../src/engine/engine.ts';
import { createSilentLogger } from '../../src/logger.ts';
import { generateNastyMessages } from '../support/nasty-messages.ts';
import {
  dataDirectoryOf,
  demoPassword,
  type ServerProcess,
  startServerProcess,
} from '../support/running-server.ts';

const messages = generateNastyMessages(20_261_123, 500);

/** A connection that is read by octets: a line, or so many. */
function createReader(socket: Socket) {
  let chunks: Buffer[] = [];
  let held = 0;
  let wake: () => void = () => undefined;
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  socket.on('error', () => undefined);
  const more = async (): Promise<void> => {
    if (ended) throw new Error('the server closed the connection');
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  };
  const take = (count: number): Buffer => {
    const all = Buffer.concat(chunks);
    chunks = [all.subarray(count)];
    held = all.length - count;
    return all.subarray(0, count);
  };
  return {
    async octets(count: number): Promise<Buffer> {
      while (held < count) await more();
      return take(count);
    },
    /** Up to and with the mark. */
    async until(mark: string): Promise<Buffer> {
      for (let searched = 0; ; ) {
        const all = Buffer.concat(chunks);
        chunks = [all];
        const at = all.indexOf(mark, Math.max(0, searched - mark.length), 'latin1');
        if (at >= 0) return take(at + mark.length);
        searched = all.length;
        await more();
      }
    },
  };
}

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });

async function openImap(port: number, account: string) {
  const socket = await open(port);
  const reader = createReader(socket);
  await reader.until('\r\n');
  let tags = 0;
  const done = async (tag: string): Promise<void> => {
    for (;;) {
      const line = (await reader.until('\r\n')).toString('latin1');
      if (line.startsWith(`${tag} `)) {
        assert.match(line, /^\S+ OK/);
        return;
      }
    }
  };
  const ask = async (text: string): Promise<void> => {
    const tag = `t${tags++}`;
    socket.write(`${tag} ${text}\r\n`);
    await done(tag);
  };
  await ask(`LOGIN ${account} "${demoPassword}"`);
  return {
    ask,
    async append(folder: string, octets: Uint8Array): Promise<void> {
      const tag = `t${tags++}`;
      socket.write(`${tag} APPEND ${folder} {${octets.length}}\r\n`);
      assert.match((await reader.until('\r\n')).toString('latin1'), /^\+/);
      socket.write(octets);
      socket.write('\r\n');
      await done(tag);
    },
    async body(uid: number): Promise<Buffer> {
      const tag = `t${tags++}`;
      socket.write(`${tag} UID FETCH ${uid} (BODY.PEEK[])\r\n`);
      let octets = Buffer.alloc(0);
      for (;;) {
        const line = (await reader.until('\r\n')).toString('latin1');
        const literal = /\{(\d+)\}\r\n$/.exec(line);
        if (literal !== null) octets = Buffer.from(await reader.octets(Number(literal[1])));
        else if (/BODY\[\] ""/.test(line)) octets = Buffer.alloc(0);
        else if (/BODY\[\] "/.test(line))
          octets = Buffer.from(/BODY\[\] "(.*)"/s.exec(line)?.[1]?.replace(/\\(.)/g, '$1') ?? '', 'latin1');
        if (line.startsWith(`${tag} `)) {
          assert.match(line, /^\S+ OK/);
          return octets;
        }
      }
    },
    close: () => socket.destroy(),
  };
}

async function openPop3(port: number, account: string) {
  const socket = await open(port);
  const reader = createReader(socket);
  await reader.until('\r\n');
  const ask = async (text: string): Promise<void> => {
    socket.write(`${text}\r\n`);
    assert.match((await reader.until('\r\n')).toString('latin1'), /^\+OK/, text);
  };
  await ask(`USER ${account}`);
  await ask(`PASS ${demoPassword}`);
  return {
    async retrieve(number: number): Promise<Buffer> {
      await ask(`RETR ${number}`);
      const lines: Buffer[] = [];
      for (;;) {
        const line = await reader.until('\r\n');
        if (line.toString('latin1') === '.\r\n') return Buffer.concat(lines);
        lines.push(line[0] === 0x2e ? line.subarray(1) : line);
      }
    },
    close: () => socket.destroy(),
  };
}

const withoutNul = (octets: Uint8Array): Buffer =>
  Buffer.from(octets.map((octet) => (octet === 0 ? 0x80 : octet)));
const terminated = (octets: Uint8Array): Buffer => {
  const whole = Buffer.from(octets);
  return whole.length === 0 || whole.toString('latin1').endsWith('\r\n')
    ? whole
    : Buffer.concat([whole, Buffer.from('\r\n')]);
};

/** Equal without the cost of a rendered difference of megabytes. */
function same(actual: Uint8Array, expected: Uint8Array, name: string): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((octet, n) => actual[n] !== octet);
  assert.fail(
    `${name}: ${actual.length} octets instead of ${expected.length}, the first difference is at ${at}`,
  );
}

describe('messages of real-world nastiness', { timeout: 90_000 }, () => {
  let directory = '';
  let server: ServerProcess;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chancery-nasty-'));
    server = await startServerProcess({ directory, protocols: ['smtp', 'imap', 'pop3'] });
  });
  after(() => rm(directory, { recursive: true, force: true }));

  test('come back over IMAP and POP3 as they were appended, and stand exactly so in the store', async () => {
    const imap = await openImap(server.ports.imap, 'alice@example.test');
    for (const { bytes } of messages) await imap.append('INBOX', bytes);
    await imap.ask('SELECT INBOX');
    await imap.ask('FETCH 1:* (ENVELOPE BODYSTRUCTURE RFC822.SIZE)');
    for (const [n, { name, bytes }] of messages.entries())
      same(await imap.body(n + 1), withoutNul(bytes), `IMAP ${n} ${name}`);
    imap.close();
    const pop3 = await openPop3(server.ports.pop3, 'alice@example.test');
    for (const [n, { name, bytes }] of messages.entries())
      same(await pop3.retrieve(n + 1), terminated(bytes), `POP3 ${n} ${name}`);
    pop3.close();
  });

  test('that SMTP may bring come back behind what delivery adds', async () => {
    const sendable = messages
      .filter((each) => !each.hasNul && !each.hasBareCr && !each.hasBareLf && each.endsWithCrlf)
      .slice(0, 150);
    const socket = await open(server.ports.smtp);
    const reader = createReader(socket);
    const reply = async (): Promise<string> => (await reader.until('\r\n')).toString('latin1');
    await reply();
    socket.write('HELO nasty.example\r\n');
    await reply();
    const sent: (typeof messages)[number][] = [];
    for (const message of sendable) {
      socket.write('MAIL FROM:<nasty@elsewhere.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n');
      for (const code of ['250', '250', '354']) assert.match(await reply(), new RegExp(`^${code}`));
      const stuffed = Buffer.from(message.bytes)
        .toString('latin1')
        .replace(/(^|\r\n)\./g, '$1..');
      socket.write(Buffer.from(`${stuffed}.\r\n`, 'latin1'));
      const answer = await reply();
      // A field that says it is the message's path is refused or hidden; it is no business of this test.
      if (answer.startsWith('250') && !/^return-path:/im.test(Buffer.from(message.bytes).toString('latin1')))
        sent.push(message);
      else if (answer.startsWith('250')) sent.push({ ...message, bytes: new Uint8Array() });
    }
    socket.destroy();
    assert.ok(sent.length > 100, `only ${sent.length} were taken`);
    const imap = await openImap(server.ports.imap, 'bob@example.test');
    for (let tries = 0; tries < 50; tries++) await imap.ask('SELECT INBOX');
    for (const [n, { name, bytes }] of sent.entries()) {
      const octets = await imap.body(n + 1);
      assert.match(
        octets.toString('latin1'),
        /^Delivered-To: bob@example\.test\r\nReturn-Path: <nasty@elsewhere\.example>\r\nReceived: /,
      );
      if (bytes.length > 0) same(octets.subarray(-bytes.length), bytes, `SMTP ${n} ${name}`);
    }
    imap.close();
  });

  test('stand in the store exactly as they came', async () => {
    await server.stop();
    const config = loadConfig({ dataDir: dataDirectoryOf(directory), workingDirectory: directory }, {});
    const engine = await openEngine(config, {}, createSilentLogger());
    try {
      let n = 0;
      for await (const recorded of engine.stores.log.readAll()) {
        const { event } = await engine.codec.decode(recorded);
        if (event.type !== 'MessagesAppended') continue;
        for (const { content } of event.data.messages) {
          const chunks: Uint8Array[] = [];
          for await (const chunk of engine.contents.read(content)) chunks.push(chunk);
          const message = messages[n++];
          assert.ok(message !== undefined);
          same(Buffer.concat(chunks), message.bytes, `stored ${n} ${message.name}`);
        }
      }
      assert.equal(n, messages.length);
    } finally {
      await engine.close();
    }
  });
});
