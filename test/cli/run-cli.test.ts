import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { type CliCommand, type CliContext, commandGroups } from '../../src/cli/command.ts';
import { CommandError, exitCodes } from '../../src/cli/exit-codes.ts';
import type { OutputStream } from '../../src/cli/output.ts';
import { type CliOptions, runCli } from '../../src/cli/run-cli.ts';
import type { Config } from '../../src/config/config.ts';
import { ControlError } from '../../src/control/control-error.ts';
import { TlsError } from '../../src/tls/tls-error.ts';
import { fakeInput, fakeOutput, fakeProcess } from './support.ts';

const root = mkdtempSync(join(tmpdir(), 'chancery-cli-'));
after(() => rmSync(root, { recursive: true }));

/** A command `try` that does what the test wants. */
const tryCommand = (action: (context: CliContext) => Promise<void>): CliCommand => ({
  name: 'try',
  examples: [{ command: 'try --loud', meaning: 'try it loudly' }],
  register: (program, context) => {
    program
      .command('try')
      .helpGroup(commandGroups.record)
      .description('try something')
      .option('--loud', 'be loud')
      .action(() => action(context));
  },
});

const nested: CliCommand = {
  name: 'account',
  register: (program, context) => {
    const account = program
      .command('account')
      .helpGroup(commandGroups.directory)
      .description('manage accounts');
    account
      .command('add')
      .argument('<address>')
      .option('--quota <size>')
      .action(async (address: string, { quota }: { quota?: string }) => {
        await context.stdout.json({ address, quota, data: context.loadConfig().dataDirectory });
      });
  },
};

const run = async (
  argv: readonly string[],
  commands: readonly CliCommand[],
  more: Partial<CliOptions> = {},
) => {
  const [stdout, stderr] = [fakeOutput(), fakeOutput()];
  const exitCode = await runCli({
    commands,
    argv,
    env: {},
    stdin: fakeInput(),
    stdout,
    stderr,
    process: fakeProcess(),
    ...more,
  });
  return { exitCode, out: stdout.text(), err: stderr.text() };
};

const runTry = (action: (context: CliContext) => Promise<void>, more?: Partial<CliOptions>) =>
  run(['try'], [tryCommand(action)], more);

const failing = (error: unknown) =>
  runTry(async () => {
    throw error;
  });

const idle = tryCommand(async () => undefined);

describe('help', () => {
  it('groups the commands and shows examples and exit codes', async () => {
    const { exitCode, out, err } = await run(['--help'], [idle, nested]);
    assert.equal(exitCode, exitCodes.ok);
    assert.equal(err, '');
    assert.match(out, /^Usage: chancery <command> \[options\]\n/);
    assert.match(out, /Ask the record:\n {2}try \[options\] +try something\n/);
    assert.match(out, /Domains and accounts:\n {2}account +manage accounts\n/);
    assert.match(out, /Examples:\n {2}chancery try --loud {2}try it loudly\n/);
    assert.match(out, /Exit codes:\n {2}0 /);
    for (const code of Object.values(exitCodes)) assert.match(out, new RegExp(`\\b${code}\\b`));
  });

  it('of a command shows its options, the global ones, and its examples', async () => {
    for (const argv of [
      ['try', '--help'],
      ['help', 'try'],
    ]) {
      const { exitCode, out } = await run(argv, [idle]);
      assert.equal(exitCode, exitCodes.ok);
      assert.match(out, /--loud +be loud/);
      assert.match(out, /Global Options:\n[\s\S]*--config <file>[\s\S]*--data <folder>/);
      assert.match(out, /Examples:\n {2}chancery try --loud/);
      assert.equal(out.includes('Exit codes'), false);
    }
  });

  it('is what a command line without a command gets, as an error', async () => {
    const { exitCode, out, err } = await run([], [idle]);
    assert.equal(exitCode, exitCodes.usage);
    assert.equal(out, '');
    assert.match(err, /Usage: chancery/);
  });

  it('has colours on a terminal only, and not against NO_COLOR', async () => {
    const shown = async (tty: boolean, env = {}) => {
      const stdout = fakeOutput({ tty, columns: 80 });
      await run(['--help'], [idle], { stdout, env });
      return stdout.text().includes('\u001b[');
    };
    assert.deepEqual(
      [await shown(true), await shown(false), await shown(true, { NO_COLOR: '1' })],
      [true, false, false],
    );
  });

  it('shows the version', async () => {
    const { exitCode, out } = await run(['--version'], []);
    assert.equal(exitCode, exitCodes.ok);
    assert.match(out, /^chancery \d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line', () => {
  for (const [title, argv, text] of [
    ['a misspelt command', ['tyr'], /unknown command 'tyr'\n\(Did you mean try\?\)/],
    ['a misspelt option', ['try', '--lout'], /unknown option '--lout'\n\(Did you mean --loud\?\)/],
    ['an option without its value', ['try', '--data'], /'--data <folder>' argument missing/],
    ['an argument too many', ['try', 'x'], /too many arguments for 'try'/],
    ['a missing argument', ['account', 'add'], /missing required argument 'address'/],
  ] as const) {
    it(`with ${title} is usage`, async () => {
      const { exitCode, out, err } = await run(argv, [idle, nested]);
      assert.equal(exitCode, exitCodes.usage);
      assert.equal(out, '');
      assert.match(err, text);
      assert.match(err, /\(--help shows what there is\)/);
    });
  }
});

describe('global options', () => {
  it('stand before or after the command, at any depth', async () => {
    for (const argv of [
      ['--data', root, 'account', 'add', 'a@b.test', '--quota', '5'],
      ['account', '--data', root, 'add', '--quota', '5', 'a@b.test'],
      ['account', 'add', '--quota', '5', 'a@b.test', '--data', root],
    ]) {
      const { exitCode, out, err } = await run(argv, [nested]);
      assert.equal(err, '');
      assert.equal(exitCode, exitCodes.ok);
      assert.deepEqual(JSON.parse(out), { address: 'a@b.test', quota: '5', data: root });
    }
  });

  it('reach the configuration with the flags of the command', async () => {
    const file = join(root, 'good.yaml');
    writeFileSync(file, 'hostname: a.test\ndata: mail\n');
    let config: Config | undefined;
    const command = tryCommand(async (context) => {
      config = context.loadConfig({ portOffset: 100 });
    });
    assert.equal((await run(['try', '--config', file], [command])).exitCode, exitCodes.ok);
    assert.equal(config?.hostname, 'a.test');
    assert.equal(config?.dataDirectory, join(root, 'mail'));
    assert.equal(config?.listeners[0]?.port, 2625);
  });
});

describe('exit codes', () => {
  it('are 0 for a command that returns, or what it says', async () => {
    assert.equal((await runTry(async () => undefined)).exitCode, exitCodes.ok);
    const no = await runTry(async (context) => context.exitWith(exitCodes.negative));
    assert.deepEqual([no.exitCode, no.err], [exitCodes.negative, '']);
  });

  it('come with a message and a hint when the command refuses', async () => {
    const hint = 'Start it with chancery serve.';
    const { exitCode, err } = await failing(
      new CommandError(exitCodes.unavailable, 'no server\u001b[2J', { hint }),
    );
    assert.equal(exitCode, exitCodes.unavailable);
    assert.equal(err, `chancery: no server\\x1b[2J\n${hint}\n`);
  });

  it('name file, line and key when the configuration is wrong', async () => {
    const file = join(root, 'bad.yaml');
    writeFileSync(file, 'domains: [a.test]\nhostnam: x\n');
    const command = tryCommand(async (context) => void context.loadConfig());
    const { exitCode, err } = await run(['try', '--config', file], [command]);
    assert.equal(exitCode, exitCodes.usage);
    assert.equal(
      err,
      `chancery: the configuration is wrong\n  ${file}:2:1: hostnam: unknown key; did you mean "hostname"?\n`,
    );
  });

  it('tell errors of the running server apart', async () => {
    for (const [code, expected] of [
      ['lost', exitCodes.unavailable],
      ['busy', exitCodes.unavailable],
      ['internal', exitCodes.fault],
      ['unknown-account', exitCodes.negative],
    ] as const) {
      const { exitCode, err } = await failing(new ControlError(code, 'what happened'));
      assert.deepEqual([exitCode, err], [expected, 'chancery: what happened\n']);
    }
  });

  it('are usage for TLS files that cannot be used, and 3 for what the system refuses', async () => {
    const tls = await failing(new TlsError('missing', 'cert.pem', 'there is no such file'));
    assert.deepEqual(
      [tls.exitCode, tls.err],
      [exitCodes.usage, 'chancery: cert.pem: there is no such file\n'],
    );
    const taken = Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:2525'), {
      code: 'EADDRINUSE',
      errno: -98,
      syscall: 'listen',
    });
    const { exitCode, err } = await failing(taken);
    assert.deepEqual([exitCode, err], [exitCodes.unavailable, `chancery: ${taken.message}\n`]);
  });

  it('are 4 with all details for a fault of ours', async () => {
    const { exitCode, err } = await failing(new TypeError('x is undefined'));
    assert.equal(exitCode, exitCodes.fault);
    assert.match(err, /^chancery: a fault of Chancery itself.*\nTypeError: x is undefined\n +at /);
  });

  it('are those of an error that only the caller of the frame can name', async () => {
    class LogGone extends Error {}
    const { exitCode, err } = await runTry(
      async () => {
        throw new LogGone('the log is gone');
      },
      {
        mapError: (error) =>
          error instanceof LogGone ? new CommandError(exitCodes.unavailable, error.message) : undefined,
      },
    );
    assert.deepEqual([exitCode, err], [exitCodes.unavailable, 'chancery: the log is gone\n']);
  });
});

describe('signals', () => {
  const waiting = (context: CliContext): Promise<void> =>
    new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => reject(new Error('something on the way out')));
    });

  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`end a command quietly: ${name}`, async () => {
      const process = fakeProcess();
      const result = runTry(waiting, { process });
      process.emit(name, name);
      assert.deepEqual(await result, { exitCode: code, out: '', err: '' });
      assert.equal(process.listenerCount(name), 0);
    });
  }

  it('leave the exit code to a command that ends properly, as a server does', async () => {
    const process = fakeProcess();
    const result = runTry((context) => waiting(context).catch(() => undefined), { process });
    process.emit('SIGTERM', 'SIGTERM');
    assert.equal((await result).exitCode, exitCodes.ok);
  });

  it('end the process at the second one', async () => {
    const process = fakeProcess();
    const gate = Promise.withResolvers<void>();
    const result = runTry(() => gate.promise, { process });
    process.emit('SIGINT', 'SIGINT');
    assert.deepEqual(process.exits, []);
    process.emit('SIGINT', 'SIGINT');
    assert.deepEqual(process.exits, [130]);
    gate.resolve();
    await result;
  });
});

describe('output', () => {
  /** A stream whose reader does with the n-th chunk what the test wants. */
  const stream = (write: (chunk: number, done: (error?: Error) => void) => void): OutputStream => {
    let chunks = 0;
    return new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => {
        chunks += 1;
        write(chunks, done);
      },
    });
  };
  const systemError = (code: string) =>
    Object.assign(new Error(`write ${code}`), { code, errno: -1, syscall: 'write' });

  it('ends quietly when its reader goes, and the command hears of it', async () => {
    let aborted = false;
    let written = 0;
    const stdout = stream((chunk, done) => done(chunk > 3 ? systemError('EPIPE') : undefined));
    const command = tryCommand(async (context) => {
      context.signal.addEventListener('abort', () => {
        aborted = true;
      });
      for (; written < 1000; written++) await context.stdout.line('more');
    });
    const { exitCode, err } = await run(['try'], [command], { stdout });
    assert.deepEqual([exitCode, err, aborted], [exitCodes.ok, '', true]);
    assert.ok(written < 10);
  });

  it('that does not fit the disk is an error, even at the last line', async () => {
    const stdout = stream((_, done) => setImmediate(done, systemError('ENOSPC')));
    const { exitCode, err } = await runTry(async (context) => context.stdout.write(''), { stdout });
    assert.deepEqual([exitCode, err], [exitCodes.unavailable, 'chancery: write ENOSPC\n']);
  });

  it('waits for a slow reader', async () => {
    let taken = 0;
    const stdout = stream((_, done) => {
      taken += 1;
      setImmediate(done);
    });
    let ahead = 0;
    await runTry(
      async (context) => {
        for (let line = 1; line <= 20; line++) {
          await context.stdout.line('x');
          ahead = Math.max(ahead, line - taken);
        }
      },
      { stdout },
    );
    assert.ok(ahead <= 1, `${ahead} lines ahead`);
  });

  it('is a table, cut to a terminal only', async () => {
    const rows = [['1', 'x'.repeat(100)]] as const;
    const shown = async (stdout: ReturnType<typeof fakeOutput>) => {
      await runTry((context) => context.stdout.table([{ title: 'N' }, { title: 'TEXT' }], rows), { stdout });
      return stdout.text().split('\n')[1]?.length;
    };
    assert.equal(await shown(fakeOutput()), 103);
    assert.equal(await shown(fakeOutput({ tty: true, columns: 40 })), 40);
  });

  it('is free of the bar of a command that failed', async () => {
    const stderr = fakeOutput({ tty: true, columns: 80 });
    await runTry(
      async (context) => {
        context.progress({ label: 'verify', unit: 'events', total: 10 }).update(1);
        throw new CommandError(exitCodes.negative, 'event 7 does not open');
      },
      { stderr },
    );
    assert.match(stderr.text(), /events.*\r\u001b\[Kchancery: event 7 does not open\n$/);
  });

  it('takes a password from the command line only by its streams', async () => {
    const stdin = fakeInput();
    stdin.end('s3cret\n');
    let password = '';
    await runTry(
      async (context) => {
        password = await context.readPassword({ fromStdin: true });
      },
      { stdin },
    );
    assert.equal(password, 's3cret');
  });
});
