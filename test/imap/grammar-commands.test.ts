import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isIdleDone, parseSaslResponse } from '../../src/imap/grammar/connection-commands.ts';
import type { Command } from '../../src/imap/grammar/parse-command.ts';
import { parseCommand } from '../../src/imap/grammar/parse-command.ts';
import { parseText } from '../support/imap-reading.ts';

/** The command in `text`, which must parse. */
function command(text: string): Command {
  const parsed = parseText(`A1 ${text}`);
  assert.equal(parsed.kind, 'command', `${text}: ${parsed.kind === 'bad' ? parsed.text : ''}`);
  assert.equal(parsed.tag, 'A1');
  return parsed.command;
}

function refuses(text: string, why: RegExp): void {
  const parsed = parseText(`A1 ${text}`);
  assert.equal(parsed.kind, 'bad', text);
  assert.equal(parsed.tag, 'A1');
  assert.match(parsed.text, why, text);
  assert.match(parsed.text, /^[ -~]+$/);
}

const set = (...ranges: [number | '*', number | '*'][]) => ({ kind: 'ranges', ranges }) as const;

describe('any command', () => {
  it('has a tag, which a refusal echoes', () => {
    assert.deepEqual(parseText('abcd.1 nOOp'), {
      kind: 'command',
      tag: 'abcd.1',
      command: { name: 'NOOP' },
    });
    assert.deepEqual(parseText('A1 XYZZY 1 2'), { kind: 'bad', tag: 'A1', text: 'Unknown command' });
    assert.deepEqual(parseText('A1 UID NOOP'), { kind: 'bad', tag: 'A1', text: 'Unknown command' });
    assert.deepEqual(parseText('A1 LOGIN x'), {
      kind: 'bad',
      tag: 'A1',
      verb: 'LOGIN',
      text: 'LOGIN: Missing argument',
    });
  });

  it('is answered with * when its tag cannot be read', () => {
    for (const line of [
      '',
      ' NOOP',
      '+ NOOP',
      'a+b NOOP',
      '"a" NOOP',
      '\xe9 NOOP',
      `${'x'.repeat(65)} NOOP`,
    ]) {
      assert.equal(parseText(line).tag, '*', line);
    }
  });

  it('takes exactly one space between arguments but forgives those at the end', () => {
    assert.deepEqual(command('NOOP  '), { name: 'NOOP' });
    assert.equal(command('SEARCH ALL ').name, 'SEARCH');
    refuses(' NOOP', /Command expected/);
    refuses('LOGIN  a b', /Login name expected/);
    refuses('NOOP x', /Unexpected argument/);
  });

  it('is plain for those without arguments', () => {
    for (const name of ['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS', 'NAMESPACE', 'IDLE', 'CHECK', 'CLOSE']) {
      assert.deepEqual(command(name.toLowerCase()), { name });
      refuses(`${name} x`, /Unexpected argument/);
    }
    assert.deepEqual(command('UNSELECT'), { name: 'UNSELECT' });
    assert.deepEqual(command('EXPUNGE'), { name: 'EXPUNGE' });
  });
});

describe('strings', () => {
  const password = (written: string): string => {
    const login = command(`LOGIN x ${written}`);
    assert.equal(login.name, 'LOGIN');
    return login.password;
  };

  it('are atoms, quoted or literals, with any octets that their form allows', () => {
    assert.equal(password('p]w{'.slice(0, 3)), 'p]w');
    assert.equal(password('"p \\"q\\" \\\\ {3}"'), 'p "q" \\ {3}');
    assert.equal(password('"\xc3\xa9"'), '\xc3\xa9');
    assert.equal(password('{6+}\r\na"\\\r\n\xff'), 'a"\\\r\n\xff');
    assert.equal(password('""'), '');
  });

  it('are refused when their form does not allow an octet', () => {
    refuses('LOGIN x a(b', /Unexpected argument/);
    refuses('LOGIN x \xe9', /Password expected/);
    refuses('LOGIN x "a\\b"', /Only " and \\ can be escaped/);
    refuses('LOGIN x "a', /not ended/);
    refuses('LOGIN x "a\0b"', /forbidden character/);
    refuses('LOGIN x {3+}\r\na\0b', /NUL not allowed/);
    refuses('LOGIN x ~{3+}\r\na\0b', /Binary literal not allowed/);
    refuses('LOGIN x "a"b', /Unexpected argument/);
  });
});

describe('connection commands', () => {
  it('ID (RFC 2971)', () => {
    assert.deepEqual(command('ID NIL'), { name: 'ID', parameters: undefined });
    assert.deepEqual(command('ID ("name" "sodr" "version" NIL)'), {
      name: 'ID',
      parameters: [
        ['name', 'sodr'],
        ['version', null],
      ],
    });
    assert.deepEqual(command('ID ()'), { name: 'ID', parameters: [] });
    refuses('ID ("a")', /Space expected/);
    refuses(`ID (${Array(31).fill('"a" "b"').join(' ')})`, /Too many parameters/);
  });

  it('LOGIN', () => {
    assert.deepEqual(command('LOGIN SMITH SESAME'), { name: 'LOGIN', login: 'SMITH', password: 'SESAME' });
    refuses('LOGIN', /Missing argument/);
  });

  it('AUTHENTICATE, with an initial response (RFC 4959)', () => {
    assert.deepEqual(command('AUTHENTICATE gssapi'), { name: 'AUTHENTICATE', mechanism: 'GSSAPI' });
    assert.deepEqual(command('AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q='), {
      name: 'AUTHENTICATE',
      mechanism: 'PLAIN',
      initialResponse: Buffer.from('test\0test\0test'),
    });
    assert.deepEqual(command('AUTHENTICATE EXTERNAL ='), {
      name: 'AUTHENTICATE',
      mechanism: 'EXTERNAL',
      initialResponse: new Uint8Array(0),
    });
    refuses('AUTHENTICATE PLAIN dGVzd', /Invalid base64/);
    refuses('AUTHENTICATE PLAIN d===', /Invalid base64/);
  });

  it('what answers a continuation', () => {
    assert.deepEqual(parseSaslResponse('*'), { kind: 'cancelled' });
    assert.deepEqual(parseSaslResponse(''), { kind: 'octets', octets: Buffer.alloc(0) });
    assert.deepEqual(parseSaslResponse('AGEAYg=='), { kind: 'octets', octets: Buffer.from('\0a\0b') });
    assert.deepEqual(parseSaslResponse('AGEAYg'), { kind: 'malformed' });
    assert.deepEqual(parseSaslResponse('AGEA Yg='), { kind: 'malformed' });
    assert.equal(isIdleDone('done'), true);
    assert.equal(isIdleDone('done '), false);
  });

  it('ENABLE (RFC 5161)', () => {
    assert.deepEqual(command('ENABLE CONDSTORE x-good-idea'), {
      name: 'ENABLE',
      capabilities: ['CONDSTORE', 'X-GOOD-IDEA'],
    });
    refuses('ENABLE', /Missing argument/);
  });
});

describe('mailbox commands', () => {
  it('SELECT and EXAMINE, with CONDSTORE and QRESYNC (RFC 7162)', () => {
    assert.deepEqual(command('SELECT INBOX'), { name: 'SELECT', mailbox: 'INBOX', parameters: [] });
    assert.deepEqual(command('EXAMINE "a b" (CONDSTORE)'), {
      name: 'EXAMINE',
      mailbox: 'a b',
      parameters: [{ kind: 'CONDSTORE' }],
    });
    assert.deepEqual(command('SELECT INBOX (QRESYNC (67890007 90060115194045 41,43:211 (5,9 3700,3701)))'), {
      name: 'SELECT',
      mailbox: 'INBOX',
      parameters: [
        {
          kind: 'QRESYNC',
          uidValidity: 67890007,
          modseq: 90060115194045,
          knownUids: [
            [41, 41],
            [43, 211],
          ],
          sequenceMatch: {
            numbers: [
              [5, 5],
              [9, 9],
            ],
            uids: [[3700, 3701]],
          },
        },
      ],
    });
    refuses('SELECT INBOX (QRESYNC (0 1))', /UIDVALIDITY out of range/);
    refuses('SELECT INBOX (QRESYNC (1 1 1:*))', /not allowed here/);
    refuses('SELECT INBOX (XYZ)', /Unknown parameter/);
    refuses('SELECT INBOX ()', /Parameter expected/);
  });

  it('CREATE, with a special use (RFC 6154)', () => {
    assert.deepEqual(command('CREATE owatagusiam/'), {
      name: 'CREATE',
      mailbox: 'owatagusiam/',
      parameters: [],
    });
    assert.deepEqual(command('CREATE MySpecial (USE (\\Drafts \\Sent))'), {
      name: 'CREATE',
      mailbox: 'MySpecial',
      parameters: [{ kind: 'USE', attributes: ['\\Drafts', '\\Sent'] }],
    });
    refuses('CREATE x (USE (Drafts))', /Special-use attribute expected/);
  });

  it('DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE', () => {
    for (const name of ['DELETE', 'SUBSCRIBE', 'UNSUBSCRIBE']) {
      assert.deepEqual(command(`${name} "#news.comp.mail.mime"`), { name, mailbox: '#news.comp.mail.mime' });
      refuses(name, /Missing argument/);
      refuses(`${name} a b`, /Unexpected argument/);
    }
    assert.deepEqual(command('RENAME blurdybloop {8+}\r\nsarasoop'), {
      name: 'RENAME',
      from: 'blurdybloop',
      to: 'sarasoop',
    });
  });

  it('STATUS', () => {
    assert.deepEqual(command('STATUS blurdybloop (uidnext MESSAGES)'), {
      name: 'STATUS',
      mailbox: 'blurdybloop',
      items: ['UIDNEXT', 'MESSAGES'],
    });
    refuses('STATUS x ()', /Status item expected/);
    refuses('STATUS x (FOO)', /Unknown status item/);
    refuses('STATUS x MESSAGES', /\( before status items expected/);
  });

  it('LIST and LSUB', () => {
    const plain = { name: 'LIST', selection: [], returns: [], extended: false };
    assert.deepEqual(command('LIST "" ""'), { ...plain, reference: '', patterns: [''] });
    assert.deepEqual(command('LIST ~/Mail/ %'), { ...plain, reference: '~/Mail/', patterns: ['%'] });
    assert.deepEqual(command('LIST "" *'), { ...plain, reference: '', patterns: ['*'] });
    assert.deepEqual(command('LSUB "#news." "comp.mail.*"'), {
      name: 'LSUB',
      reference: '#news.',
      pattern: 'comp.mail.*',
    });
    refuses('LIST *', /Mailbox name expected/);
  });

  it('LIST with options (RFC 5258, RFC 5819, RFC 6154)', () => {
    assert.deepEqual(
      command('LIST (SUBSCRIBED RECURSIVEMATCH) "" ("INBOX" Drafts %) RETURN (CHILDREN STATUS (MESSAGES))'),
      {
        name: 'LIST',
        reference: '',
        patterns: ['INBOX', 'Drafts', '%'],
        selection: ['SUBSCRIBED', 'RECURSIVEMATCH'],
        returns: [{ kind: 'CHILDREN' }, { kind: 'STATUS', items: ['MESSAGES'] }],
        extended: true,
      },
    );
    assert.deepEqual(command('LIST () "" "%" RETURN (SPECIAL-USE)'), {
      name: 'LIST',
      reference: '',
      patterns: ['%'],
      selection: [],
      returns: [{ kind: 'SPECIAL-USE' }],
      extended: true,
    });
    refuses('LIST (RECURSIVEMATCH) "" *', /needs another option/);
    refuses('LIST (FOO) "" *', /Unknown selection option/);
    refuses('LIST "" * RETURN (FOO)', /Unknown return option/);
    refuses('LIST "" * FOO', /RETURN expected/);
  });
});

describe('APPEND', () => {
  const date = { instantMs: Date.UTC(1994, 1, 8, 5, 52, 25), offsetMinutes: -480 };

  it('names mailbox, flags and date before its message', () => {
    const append = command('APPEND saved-messages (\\seen $Work) "07-Feb-1994 21:52:25 -0800" {3+}\r\nabc');
    assert.deepEqual(append, {
      name: 'APPEND',
      mailbox: 'saved-messages',
      messages: [{ flags: ['\\Seen', '$Work'], date, literal: { kind: 'streamed', size: 3, binary: false } }],
    });
  });

  it('is refused when anything of that is wrong', () => {
    refuses('APPEND x', /Missing argument/);
    refuses('APPEND x "07-Feb-1994 21:52:25 -0800"', /Missing argument/);
    refuses('APPEND x "text"', /Invalid date-time/);
    refuses('APPEND x text', /Message literal expected/);
    refuses('APPEND x (\\Seen) (\\Draft)', /Message literal expected/);
    refuses('APPEND x (\\*)', /Flag expected/);
  });

  it('takes gathered messages as well, for callers that do not stream', () => {
    const literal = { kind: 'gathered', size: 1, binary: true, octets: Buffer.from('x') } as const;
    assert.deepEqual(parseCommand(['a APPEND x ', literal, '']), {
      kind: 'command',
      tag: 'a',
      command: { name: 'APPEND', mailbox: 'x', messages: [{ flags: [], literal }] },
    });
  });
});

describe('message commands', () => {
  it('STORE', () => {
    assert.deepEqual(command('STORE 2:4 +FLAGS (\\Deleted)'), {
      name: 'STORE',
      uid: false,
      set: set([2, 4]),
      action: 'add',
      silent: false,
      flags: ['\\Deleted'],
    });
    assert.deepEqual(command('UID STORE * -flags.silent \\seen Junk'), {
      name: 'STORE',
      uid: true,
      set: set(['*', '*']),
      action: 'remove',
      silent: true,
      flags: ['\\Seen', 'Junk'],
    });
    assert.deepEqual(command('STORE $ (UNCHANGEDSINCE 320162338) FLAGS ()'), {
      name: 'STORE',
      uid: false,
      set: { kind: 'saved' },
      action: 'replace',
      silent: false,
      flags: [],
      unchangedSince: 320162338,
    });
    refuses('STORE 1 +FLAGS', /Missing argument/);
    refuses('STORE 1 FLAGS (\\Recent)', /Only system flags/);
    refuses('STORE 1 FLAGS (\\*)', /Flag expected/);
    refuses('STORE 1 FOO (\\Seen)', /Unknown store item/);
    refuses('STORE 0 FLAGS ()', /Sequence set out of range/);
  });

  it('COPY, MOVE (RFC 6851) and UID EXPUNGE (RFC 4315)', () => {
    assert.deepEqual(command('COPY 2:4 MEETING'), {
      name: 'COPY',
      uid: false,
      set: set([2, 4]),
      mailbox: 'MEETING',
    });
    assert.deepEqual(command('UID MOVE 42:69,7 foo'), {
      name: 'MOVE',
      uid: true,
      set: set([42, 69], [7, 7]),
      mailbox: 'foo',
    });
    assert.deepEqual(command('UID EXPUNGE 3000:*'), { name: 'EXPUNGE', uids: set([3000, '*']) });
    refuses('EXPUNGE 1', /Unexpected argument/);
    refuses('UID EXPUNGE', /Missing argument/);
  });
});
