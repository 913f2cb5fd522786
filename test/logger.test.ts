import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLogger, createSilentLogger, type LoggerOptions } from '../src/logger.ts';

const collect = (options: Omit<LoggerOptions, 'write'> = {}) => {
  const lines: string[] = [];
  return { lines, logger: createLogger({ ...options, write: (line) => lines.push(line) }) };
};

const fieldsOf = (line: string | undefined) => JSON.parse(line ?? '') as Record<string, unknown>;

describe('logger', () => {
  it('writes one JSON line with level, time and fields', () => {
    const { lines, logger } = collect();
    logger.info({ port: 2525 }, 'listening');
    assert.equal(lines.length, 1);
    const { time, ...rest } = fieldsOf(lines[0]);
    assert.deepEqual(rest, { level: 'info', port: 2525, msg: 'listening' });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = collect({ level: 'warn' });
    logger.info('quiet');
    logger.warn('heard');
    assert.deepEqual(
      lines.map((line) => fieldsOf(line).msg),
      ['heard'],
    );
    assert.equal(logger.isLevelEnabled('info'), false);
  });

  it('gives the fields of a child to each of its lines', () => {
    const { lines, logger } = collect();
    logger.child({ session: 's1' }).child({ part: 'smtp' }).info('hello');
    const { session, part } = fieldsOf(lines[0]);
    assert.deepEqual([session, part], ['s1', 'smtp']);
  });

  for (const name of [
    'password',
    'Passwd',
    'newPassword',
    'clientSecret',
    'masterKey',
    'authorization',
    'accessToken',
  ]) {
    it(`replaces ${name} at any depth, in children and in errors`, () => {
      const { lines, logger } = collect();
      const secret = 'correct horse';
      logger.info({ [name]: secret, a: { b: [{ [name]: secret }] } }, 'direct');
      logger.child({ login: { [name]: secret } }).info('child');
      logger.error({ err: Object.assign(new Error('no'), { [name]: secret }) }, 'error');
      logger.error(
        { err: new Error('no', { cause: Object.assign(new Error('inner'), { [name]: secret }) }) },
        'cause',
      );
      assert.equal(lines.length, 4);
      assert.equal(lines.join('').includes(secret), false);
      assert.ok(lines[0]?.includes('[redacted]'));
    });
  }

  it('replaces the password in a URL, wherever it stands', () => {
    const { lines, logger } = collect();
    logger.info({ url: 'esdb://admin:changeit@db:2113?tls=false' }, 'at esdb://admin:changeit@db:2113');
    assert.equal(lines.join('').includes('changeit'), false);
    assert.ok(lines[0]?.includes('admin:[redacted]@db:2113'));
  });

  it('shows octets by their number only', () => {
    const { lines, logger } = collect();
    logger.info({ body: new Uint8Array(5) }, 'x');
    assert.equal(fieldsOf(lines[0]).body, '[5 octets]');
  });

  it('keeps message and stack of an error', () => {
    const { lines, logger } = collect();
    logger.error({ err: new RangeError('too far') }, 'failed');
    const err = fieldsOf(lines[0]).err as Record<string, string>;
    assert.equal(err.message, 'too far');
    assert.match(err.stack ?? '', /RangeError: too far\n\s+at /);
  });

  it('survives a structure that contains itself', () => {
    const { lines, logger } = collect();
    const knot: Record<string, unknown> = {};
    knot.self = knot;
    logger.info({ knot }, 'x');
    assert.ok(lines[0]?.includes('[deeper]'));
  });

  it('writes readable lines when asked', () => {
    const { lines, logger } = collect({ pretty: true });
    logger.warn({ port: 2525, text: 'two words', password: 'x' }, 'slow');
    assert.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}slow port=2525 text="two words" password="?\[redacted\]"?\n$/,
    );
  });

  it('says nothing when silent', () => {
    const logger = createSilentLogger();
    assert.equal(logger.isLevelEnabled('fatal'), false);
    logger.fatal('x');
  });

  it('writes to stderr, flushed at exit, and leaves stdout alone', async () => {
    const module = fileURLToPath(new URL('../src/logger.ts', import.meta.url));
    const script = `import { createLogger } from ${JSON.stringify(module)};
      for (const pretty of [false, true]) createLogger({ pretty }).info({ n: 1 }, 'last words');
      process.exit(0);`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--input-type=module-typescript',
      '--eval',
      script,
    ]);
    assert.equal(stdout, '');
    assert.equal(stderr.match(/last words/g)?.length, 2);
  });
});
