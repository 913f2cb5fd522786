import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, connect as netConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { type ControlClient, connectControl } from '../../src/control/client.ts';
import { ControlError } from '../../src/control/control-error.ts';
import { type ControlHandlers, type ControlServer, startControlServer } from '../../src/control/server.ts';
import { limits } from '../../src/limits.ts';
import { createLogger, createSilentLogger } from '../../src/logger.ts';

const root = mkdtempSync(join(tmpdir(), 'chancery-control-test-'));
after(() => rmSync(root, { recursive: true }));
const folder = (): string => mkdtempSync(join(root, 'd-'));

const servers: ControlServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const start = async (
  handlers: ControlHandlers,
  path = join(folder(), 'control.sock'),
  logger = createSilentLogger(),
) => {
  const server = await startControlServer(path, handlers, logger);
  servers.push(server);
  const client = await connectControl(path);
  assert.ok(client);
  return { path, server, client };
};

const collect = async (results: AsyncIterable<unknown>): Promise<unknown[]> => {
  const items: unknown[] = [];
  for await (const item of results) items.push(item);
  return items;
};

const code =
  (expected: string, text = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof ControlError, String(error));
    assert.equal(error.code, expected);
    assert.match(error.message, text);
    return true;
  };

/** Sends octets as they are and returns all that the server says before it closes. */
const raw = async (address: string, octets: string | Uint8Array): Promise<string> => {
  const socket = netConnect(address);
  socket.on('error', () => undefined);
  socket.write(octets);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};

describe('a call', () => {
  it('streams its results in order', async () => {
    const { client } = await start({
      async *count(args) {
        const { to } = args as { to: number };
        for (let n = 1; n <= to; n++) yield { n };
      },
    });
    assert.deepEqual(await collect(client.call('count', { to: 3 })), [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.deepEqual(await collect(client.call('count', { to: 0 })), []);
  });

  it('may have one result, or none', async () => {
    const { client } = await start({
      echo: async (args) => args,
      nothing: async () => undefined,
      zero: async () => null,
    });
    assert.deepEqual(await client.callOne('echo', { text: 'Grüße\n\u2028' }), { text: 'Grüße\n\u2028' });
    assert.equal(await client.callOne('nothing'), undefined);
    assert.equal(await client.callOne('zero'), null);
    assert.equal(client.pid, process.pid);
  });

  it('carries code and message of a refusal, after what came before it', async () => {
    const { client } = await start({
      async *some() {
        yield 1;
        throw new ControlError('unknown-account', 'there is no account zoe');
      },
    });
    const seen: unknown[] = [];
    await assert.rejects(
      async () => {
        for await (const item of client.call('some')) seen.push(item);
      },
      code('unknown-account', /^there is no account zoe$/),
    );
    assert.deepEqual(seen, [1]);
  });

  it('reports a fault of the server as internal and logs it there', async () => {
    const lines: string[] = [];
    const { client } = await start(
      {
        bug: () => {
          throw new TypeError('x is not a function');
        },
        unspeakable: async () => 1n,
      },
      undefined,
      createLogger({ write: (line) => lines.push(line) }),
    );
    await assert.rejects(client.callOne('bug'), code('internal', /x is not a function/));
    await assert.rejects(client.callOne('unspeakable'), code('internal', /BigInt/));
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /TypeError: x is not a function/);
  });

  it('of an unknown name is refused, also of a name that every object has', async () => {
    const { client } = await start({});
    for (const name of ['nonsense', 'constructor', '__proto__']) {
      await assert.rejects(client.callOne(name), code('unknown-call', new RegExp(name)));
    }
  });

  it('is cancelled when the client leaves the loop', async () => {
    const ended = Promise.withResolvers<string>();
    const { client } = await start({
      async *forever(_, { signal }) {
        try {
          for (let n = 0; ; n++) {
            yield n;
            if (n === 1) await once(signal, 'abort');
          }
        } finally {
          ended.resolve(String(signal.reason));
        }
      },
    });
    for await (const n of client.call('forever')) if (n === 1) break;
    assert.match(await ended.promise, /the client went away/);
  });

  it("is cancelled by the client's signal", async () => {
    const { client } = await start({
      wait: async (_, { signal }) => {
        if (!signal.aborted) await once(signal, 'abort');
      },
    });
    const abort = new AbortController();
    const call = client.callOne('wait', null, { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('enough')));
    await assert.rejects(call, /enough/);
    await assert.rejects(client.callOne('wait', null, { signal: abort.signal }), /enough/);
  });

  it("tells the handler when the client's signal cancels it", async () => {
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { client } = await start({
      wait: async (_, { signal }) => {
        begun.resolve();
        await once(signal, 'abort');
        ended.resolve();
      },
    });
    const abort = new AbortController();
    const call = client.callOne('wait', null, { signal: abort.signal });
    await begun.promise;
    abort.abort(new Error('enough'));
    await Promise.all([assert.rejects(call, /enough/), ended.promise]);
  });

  it('holds the server back when the client does not read', async () => {
    let made = 0;
    const { client } = await start({
      async *flood() {
        for (; made < 10_000; made++) yield 'x'.repeat(10_000);
      },
    });
    const results = client.call('flood');
    await results.next();
    // 100 MB would be made at once if nothing held the handler back.
    for (let before = -1; before !== made; ) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(made < 1000, `${made} results made for a reader who took one`);
    await results.return();
  });

  it('runs beside others', async () => {
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    const { client } = await start({
      meet: async () => {
        waiting += 1;
        if (waiting === 10) gate.resolve();
        await gate.promise;
        return waiting;
      },
    });
    const results = await Promise.all(Array.from({ length: 10 }, () => client.callOne('meet')));
    assert.deepEqual(results, Array(10).fill(10));
  });
});

describe('bounds', () => {
  it('refuse a request that is too long before it is sent', async () => {
    const { client } = await start({ echo: async () => 1 });
    await assert.rejects(
      client.callOne('echo', 'x'.repeat(limits.control.requestOctetsMax)),
      code('too-large', /the request is over/),
    );
  });

  it('refuse a long line from a stranger without keeping it', async () => {
    const { server } = await start({});
    const text = await raw(server.address, Buffer.alloc(limits.control.requestOctetsMax + 2, 0x78));
    assert.match(text, /"code":"too-large"/);
  });

  it('refuse a result that is too long', async () => {
    const { client } = await start({ big: async () => 'x'.repeat(limits.control.resultOctetsMax) });
    await assert.rejects(client.callOne('big'), code('too-large', /a result is over/));
  });

  it('refuse more calls than may run', async () => {
    const { client } = await start({
      wait: async (_, { signal }) => {
        if (!signal.aborted) await once(signal, 'abort');
      },
    });
    const abort = new AbortController();
    const { signal } = abort;
    const calls = Array.from({ length: limits.control.callsMax + 1 }, () =>
      client.callOne('wait', null, { signal }),
    );
    await assert.rejects(Promise.race(calls), code('busy'));
    abort.abort();
    assert.equal((await Promise.allSettled(calls)).length, calls.length);
  });

  for (const [title, octets] of [
    ['no JSON', 'EHLO there\n'],
    ['no call', '{"args":1}\n'],
    ['something more', '{"call":"a","args":1,"more":2}\n'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
  ] as const) {
    it(`refuse what is ${title}`, async () => {
      const { server } = await start({});
      assert.match(await raw(server.address, octets), /^\{"chancery":1,.*\n\{"error":\{"code":"protocol"/);
    });
  }
});

describe('the socket', () => {
  it('is for its owner only', async () => {
    const { path } = await start({});
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('is gone when the server has closed, and then there is no server', async () => {
    const { path, server, client } = await start({ echo: async (args) => args });
    await server.close();
    servers.length = 0;
    assert.equal(existsSync(path), false);
    assert.equal(await connectControl(path), undefined);
    await assert.rejects(client.callOne('echo'), code('unavailable'));
  });

  it('cannot be taken from a server that runs', async () => {
    const { path, client } = await start({ echo: async (args) => args });
    await assert.rejects(
      startControlServer(path, {}, createSilentLogger()),
      code('already-running', new RegExp(`process ${process.pid}`)),
    );
    assert.equal(await client.callOne('echo', 5), 5);
  });

  it('left behind by a killed server means no server, and is replaced', async () => {
    const path = join(folder(), 'control.sock');
    const script = join(folder(), 'child.mjs');
    writeFileSync(
      script,
      'import { createServer } from "node:net"; createServer().listen(process.argv[2], () => process.send("up"));',
    );
    const child = fork(script, [path]);
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(existsSync(path), true);
    assert.equal(await connectControl(path), undefined);
    const { client } = await start({ echo: async (args) => args }, path);
    assert.equal(await client.callOne('echo', 1), 1);
  });

  it('does not replace a file that is no socket', async () => {
    const path = join(folder(), 'control.sock');
    writeFileSync(path, 'mine');
    await assert.rejects(startControlServer(path, {}, createSilentLogger()), code('protocol', /in the way/));
    assert.equal(readFileSync(path, 'utf8'), 'mine');
  });

  it('stands elsewhere when its path would be too long, and is found there', async () => {
    const deep = join(folder(), 'a'.repeat(80), 'b'.repeat(80));
    mkdirSync(deep, { recursive: true });
    const path = join(deep, 'control.sock');
    assert.equal(await connectControl(path), undefined);
    const { server, client } = await start({ echo: async (args) => args }, path);
    assert.equal(await client.callOne('echo', 7), 7);
    assert.ok(Buffer.byteLength(server.address) <= 103);
    assert.equal(statSync(join(server.address, '..')).mode & 0o777, 0o700);
    await assert.rejects(startControlServer(path, {}, createSilentLogger()), code('already-running'));
    await server.close();
    servers.length = 0;
    assert.equal(existsSync(join(server.address, '..')), false);
    assert.equal(await connectControl(path), undefined);
    // A record that a killed server left behind leads nowhere, and a new server takes over.
    writeFileSync(`${path}.path`, `${server.address}\n`);
    assert.equal(await connectControl(path), undefined);
    assert.equal(await (await start({ echo: async (args) => args }, path)).client.callOne('echo', 8), 8);
  });
});

describe('ends', () => {
  /** A stand-in server that does with the connection what the test wants. */
  const standIn = async (talk: (socket: import('node:net').Socket) => void) => {
    const path = join(folder(), 'control.sock');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      talk(socket);
    }).listen(path);
    await once(server, 'listening');
    return { path, close: () => server.close() };
  };
  const hello = '{"chancery":1,"pid":1}\n';

  it('tell running calls that the server stops', async () => {
    const { client, server } = await start({
      async *follow(_, { signal }) {
        yield 'first';
        await once(signal, 'abort');
      },
    });
    const results = client.call('follow');
    assert.equal((await results.next()).value, 'first');
    const next = results.next();
    await Promise.all([assert.rejects(next, code('stopping')), server.close()]);
    servers.length = 0;
  });

  it('never wait for a client that has not asked yet', async () => {
    const { server } = await start({});
    const idle = netConnect(server.address);
    idle.on('error', () => undefined);
    await once(idle, 'data');
    await server.close();
    servers.length = 0;
    if (!idle.closed) await once(idle, 'close');
  });

  it('in the middle of an answer are an error, never a short answer', async () => {
    const { path, close } = await standIn((socket) => {
      socket.write(hello);
      socket.once('data', () => socket.end('{"item":1}\n'));
    });
    const client = (await connectControl(path)) as ControlClient;
    const seen: unknown[] = [];
    await assert.rejects(async () => {
      for await (const item of client.call('x')) seen.push(item);
    }, code('lost'));
    assert.deepEqual(seen, [1]);
    close();
  });

  it('are told from a server that is stuck', async () => {
    const { path, close } = await standIn(() => undefined);
    await assert.rejects(connectControl(path, 20), code('silent', /does not answer/));
    close();
  });

  it('are told from something else that listens there', async () => {
    const { path, close } = await standIn((socket) => void socket.end('220 smtp ready\r\n'));
    await assert.rejects(connectControl(path), code('protocol'));
    close();
  });
});
