import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandError, type ExitCode, exitCodes } from '../../src/cli/exit-codes.ts';
import { readPassword } from '../../src/cli/password.ts';
import { limits } from '../../src/limits.ts';
import { fakeInput, fakeOutput } from './support.ts';

const ended = (exitCode: ExitCode, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CommandError, String(error));
  assert.equal(error.exitCode, exitCode);
  assert.match(error.message, text);
  return true;
};

describe('--password-stdin', () => {
  const read = (text: string | Uint8Array) => {
    const stdin = fakeInput();
    stdin.write(text);
    stdin.end();
    return readPassword({ fromStdin: true, stdin, stderr: fakeOutput() });
  };

  it('takes one line, with or without its end', async () => {
    for (const text of ['s3cret ü', 's3cret ü\n', 's3cret ü\r\n']) assert.equal(await read(text), 's3cret ü');
  });

  it('keeps spaces, which may belong to the password', async () => {
    assert.equal(await read('  two words \n'), '  two words ');
  });

  it('refuses nothing, several lines and too much', async () => {
    await assert.rejects(read(''), ended(exitCodes.usage, /empty/));
    await assert.rejects(read('\n'), ended(exitCodes.usage, /empty/));
    await assert.rejects(read('a\nb\n'), ended(exitCodes.usage, /one line/));
    const { passwordOctetsMax } = limits.cli;
    assert.equal((await read(`${'x'.repeat(passwordOctetsMax)}\n`)).length, passwordOctetsMax);
    await assert.rejects(read('x'.repeat(passwordOctetsMax + 1)), ended(exitCodes.usage, /over 1024 octets/));
    await assert.rejects(read('x'.repeat(100_000)), ended(exitCodes.usage, /over 1024 octets/));
  });
});

describe('the password prompt', () => {
  /** Types into a terminal and gives the outcome with what the terminal showed. */
  const typing = (keys: string | readonly (string | Uint8Array)[], confirm = false) => {
    const stdin = fakeInput({ tty: true });
    const stderr = fakeOutput({ tty: true });
    for (const key of typeof keys === 'string' ? [keys] : keys) stdin.write(key);
    const password = readPassword({ fromStdin: false, confirm, prompt: 'Password for bob: ', stdin, stderr });
    return { password, stdin, stderr };
  };

  it('shows the question and nothing of the answer', async () => {
    const { password, stdin, stderr } = typing('s3cret\r');
    assert.equal(await password, 's3cret');
    assert.equal(stderr.text(), 'Password for bob: \n');
    assert.deepEqual(stdin.rawModes, [true, false]);
  });

  it('knows backspace, erase line, and keys that are no text', async () => {
    assert.equal(await typing('abcx\u007f\u0008d\r').password, 'abd');
    assert.equal(await typing('wrong\u0015right\n').password, 'right');
    assert.equal(await typing(['a', '\u001b[A', '\u0001', 'b', '\r']).password, 'ab');
  });

  it('takes characters of several octets, whole or in pieces', async () => {
    const octets = Buffer.from('pü€\r');
    assert.equal(
      await typing([octets.subarray(0, 2), octets.subarray(2, 4), octets.subarray(4)]).password,
      'pü€',
    );
    assert.equal(await typing('a👍\u007fb\r').password, 'ab');
  });

  it('asks for a new password twice, also when both were typed ahead', async () => {
    const { password, stderr } = typing('new one\rnew one\r', true);
    assert.equal(await password, 'new one');
    assert.equal(stderr.text(), 'Password for bob: \nOnce more: \n');
    await assert.rejects(typing('one\rother\r', true).password, ended(exitCodes.usage, /differ/));
  });

  it('ends at Ctrl-C, with the terminal as it was', async () => {
    const { password, stdin } = typing('half\u0003');
    await assert.rejects(password, ended(exitCodes.interrupted, /interrupted/));
    assert.deepEqual(stdin.rawModes, [true, false]);
  });

  it('ends when there is no answer', async () => {
    await assert.rejects(typing('\u0004').password, ended(exitCodes.usage, /no password/));
    await assert.rejects(typing('\r').password, ended(exitCodes.usage, /empty/));
  });

  it('is not shown where there is no terminal', async () => {
    const stderr = fakeOutput();
    await assert.rejects(
      readPassword({ fromStdin: false, stdin: fakeInput(), stderr }),
      (error: unknown) => error instanceof CommandError && error.hint?.includes('--password-stdin') === true,
    );
    assert.equal(stderr.text(), '');
  });
});
