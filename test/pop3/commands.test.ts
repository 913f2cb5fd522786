import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCommand, parsePlain } from '../../src/pop3/commands.ts';
import { err, formatReply, ok } from '../../src/pop3/responses.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the grammar of commands', () => {
  it('takes keywords in any case and numbers with leading zeros', () => {
    assert.deepEqual(parseCommand('stat'), { name: 'STAT' });
    assert.deepEqual(parseCommand('Quit '), { name: 'QUIT' });
    assert.deepEqual(parseCommand('LIST'), { name: 'LIST', message: undefined });
    assert.deepEqual(parseCommand('UIDL 007'), { name: 'UIDL', message: 7 });
    assert.deepEqual(parseCommand('retr  2 '), { name: 'RETR', message: 2 });
    assert.deepEqual(parseCommand('TOP 3 0'), { name: 'TOP', message: 3, lines: 0 });
    assert.deepEqual(parseCommand('DELE 4294967296'), { name: 'DELE', message: 4_294_967_296 });
  });

  it('keeps every space of a password', () => {
    assert.deepEqual(parseCommand('PASS  a  b '), { name: 'PASS', text: ' a  b ' });
    assert.deepEqual(parseCommand('USER a@b'), { name: 'USER', text: 'a@b' });
  });

  it('takes AUTH with and without an initial response', () => {
    assert.deepEqual(parseCommand('AUTH'), { name: 'AUTH', mechanism: undefined, initial: undefined });
    assert.deepEqual(parseCommand('AUTH plain'), { name: 'AUTH', mechanism: 'PLAIN', initial: undefined });
    assert.deepEqual(parseCommand('auth Plain AGE='), { name: 'AUTH', mechanism: 'PLAIN', initial: 'AGE=' });
  });

  for (const line of [
    'STAT 1',
    'CAPA x',
    'USER',
    'PASS ',
    'LIST a',
    'LIST 1 2',
    'UIDL -1',
    'RETR',
    'RETR 1 2',
    'DELE 1.5',
    'DELE 12345678901',
    'TOP 1',
    'TOP 1 x',
    'TOP 1 2 3',
    'AUTH PLAIN a b',
  ]) {
    it(`refuses "${line}" and knows its keyword`, () => {
      const command = parseCommand(line);
      assert.ok(command.name === 'bad' && command.verb === line.split(' ')[0]);
    });
  }

  it('does not repeat what may be a password', () => {
    for (const line of ['', 'hunter2', 'open sesame', 'AUTHPLAIN', 'STAT\t']) {
      assert.deepEqual(parseCommand(line), { name: 'bad', verb: 'unknown', text: 'Unknown command' });
    }
  });

  it('makes something of any octets', () => {
    const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    const word = fc.constantFrom('USER', 'PASS', 'AUTH', 'LIST', 'RETR', 'TOP', 'CAPA', ' ', '1', '-');
    fc.assert(
      fc.property(fc.array(fc.oneof(word, octet)), (pieces) => {
        const command = parseCommand(pieces.join(''));
        if ('message' in command && command.message !== undefined)
          assert.ok(Number.isSafeInteger(command.message) && command.message >= 0);
        if (command.name === 'bad') assert.match(command.text, /^[ -~]+$/);
      }),
    );
  });
});

describe('a PLAIN message', () => {
  it('has three parts in UTF-8', () => {
    assert.deepEqual(parsePlain(base64('\0alice\0open  sesame')), {
      authorizationId: '',
      login: 'alice',
      password: 'open  sesame',
    });
    assert.deepEqual(parsePlain(base64('bob\0älice\0pässwörd'))?.login, 'älice');
  });

  for (const [what, message] of [
    ['nothing', ''],
    ['an equals sign', '='],
    ['no base64', '!!!!'],
    ['base64 that is cut off', base64('\0alice\0secret').slice(0, -1)],
    ['two parts', base64('alice\0secret')],
    ['four parts', base64('\0alice\0sec\0ret')],
    ['an empty login', base64('\0\0secret')],
    ['an empty password', base64('\0alice\0')],
    ['what is not UTF-8', Buffer.from('\0alice\0\xff', 'latin1').toString('base64')],
  ] as const) {
    it(`is not ${what}`, () => assert.equal(parsePlain(message), undefined));
  }

  it('is what was encoded, whatever the characters', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(text, text, text, (authorizationId, login, password) => {
        const message = base64([authorizationId, login, password].join('\0'));
        assert.deepEqual(parsePlain(message), { authorizationId, login, password });
      }),
    );
  });
});

describe('a reply', () => {
  it('is a status, a code where there is one, and a text', () => {
    assert.equal(formatReply(ok('Bye')), '+OK Bye\r\n');
    assert.equal(formatReply(err('No such message')), '-ERR No such message\r\n');
    assert.equal(formatReply(err('Later', 'SYS/TEMP')), '-ERR [SYS/TEMP] Later\r\n');
  });
});
