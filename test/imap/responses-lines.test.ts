import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  existsResponse,
  expungeResponse,
  flagsResponse,
  listResponse,
  lsubResponse,
  recentResponse,
  statusResponse,
  vanishedResponse,
} from '../../src/imap/responses/mailbox-responses.ts';
import type { ResponseCode } from '../../src/imap/responses/response-code.ts';
import { extendedSearchResponse, searchResponse } from '../../src/imap/responses/search-responses.ts';
import {
  capabilityResponse,
  enabledResponse,
  idResponse,
  namespaceResponse,
} from '../../src/imap/responses/server-responses.ts';
import {
  continuation,
  saslChallenge,
  taggedStatus,
  untaggedStatus,
} from '../../src/imap/responses/status-responses.ts';
import { formatAstring, formatNString, formatString } from '../../src/imap/responses/strings.ts';
import { limits } from '../../src/limits.ts';
import { type ParsedResponse, parseResponses } from '../support/imap-response-parser.ts';

function parseOne(line: string): ParsedResponse {
  const responses = parseResponses(Buffer.from(line, 'latin1'));
  assert.equal(responses.length, 1, JSON.stringify(line));
  return responses[0]!;
}

describe('strings', () => {
  it('are quoted when short and plain, else literals', () => {
    assert.equal(formatString('a "b" \\c'), '"a \\"b\\" \\\\c"');
    assert.equal(formatString(''), '""');
    assert.equal(formatString('a\r\nb'), '{4}\r\na\r\nb');
    assert.equal(formatString('\xe9'), '{1}\r\n\xe9');
    assert.equal(formatString('a\0'), '{2}\r\na\x80');
    const long = 'x'.repeat(limits.imap.quotedOctetsMax);
    assert.equal(formatString(long), `"${long}"`);
    assert.equal(formatString(`${long}x`), `{${long.length + 1}}\r\n${long}x`);
    assert.equal(formatNString(null), 'NIL');
    assert.equal(formatNString('NIL'), '"NIL"');
  });

  it('are atoms where that is allowed and possible', () => {
    for (const atom of ['INBOX', 'a/b', 'x&AOk-', 'NILx', 'a[b']) assert.equal(formatAstring(atom), atom);
    for (const no of ['', 'nil', 'NIL', 'a b', 'a(', 'a%', 'a*', 'a\\b', 'a{3}']) {
      assert.equal(formatAstring(no)[0], '"', no);
    }
  });

  it('come back from the wire with any octets', () => {
    const octets = fc
      .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(octets, fc.constantFrom(formatString, formatAstring), (value, format) => {
        const response = parseOne(`* X ${format(value)} END\r\n`);
        assert.ok(response.kind === 'data');
        const [first, last] = response.values;
        assert.ok(first?.kind === 'string' || first?.kind === 'atom');
        assert.equal(first.text, value.replaceAll('\0', '\x80'));
        assert.deepEqual(last, { kind: 'atom', text: 'END' });
      }),
      { numRuns: 500 },
    );
  });
});

describe('status responses', () => {
  it('are tagged or not, with a code where there is one', () => {
    assert.equal(taggedStatus('A1', 'OK', 'done'), 'A1 OK done\r\n');
    assert.equal(taggedStatus('*', 'BAD', 'Tag expected'), '* BAD Tag expected\r\n');
    assert.equal(untaggedStatus('BYE', 'bye'), '* BYE bye\r\n');
    assert.equal(continuation('idling'), '+ idling\r\n');
    assert.equal(saslChallenge(Buffer.from('\0a')), '+ AGE=\r\n');
    assert.equal(saslChallenge(new Uint8Array(0)), '+ \r\n');
  });

  it('have every response code as its RFC writes it', () => {
    const codes: [ResponseCode, string][] = [
      ['READ-WRITE', 'READ-WRITE'],
      [{ kind: 'CAPABILITY', capabilities: ['IMAP4rev1', 'IDLE'] }, 'CAPABILITY IMAP4rev1 IDLE'],
      [{ kind: 'BADCHARSET', charsets: ['US-ASCII', 'UTF-8'] }, 'BADCHARSET (US-ASCII UTF-8)'],
      [{ kind: 'BADCHARSET', charsets: [] }, 'BADCHARSET'],
      [{ kind: 'PERMANENTFLAGS', flags: ['\\Deleted', '\\*'] }, 'PERMANENTFLAGS (\\Deleted \\*)'],
      [{ kind: 'UIDNEXT', value: 4392 }, 'UIDNEXT 4392'],
      [{ kind: 'UIDVALIDITY', value: 3857529045 }, 'UIDVALIDITY 3857529045'],
      [{ kind: 'UNSEEN', value: 12 }, 'UNSEEN 12'],
      [{ kind: 'HIGHESTMODSEQ', value: 715194045007 }, 'HIGHESTMODSEQ 715194045007'],
      [{ kind: 'APPENDUID', uidValidity: 38505, uids: '3955' }, 'APPENDUID 38505 3955'],
      [
        { kind: 'COPYUID', uidValidity: 38505, sourceUids: '304,319:320', targetUids: '3956:3958' },
        'COPYUID 38505 304,319:320 3956:3958',
      ],
      [{ kind: 'MODIFIED', set: '7,9' }, 'MODIFIED 7,9'],
      [{ kind: 'MAILBOXID', id: 'F2212' }, 'MAILBOXID (F2212)'],
    ];
    for (const [code, written] of codes) {
      const line = taggedStatus('A1', 'OK', 'done', code);
      assert.equal(line, `A1 OK [${written}] done\r\n`);
      assert.deepEqual(parseOne(line), {
        kind: 'status',
        tag: 'A1',
        status: 'OK',
        code: written,
        text: 'done',
      });
    }
  });

  it('cannot be split or given a code by their text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '[ALERT] x', 'a\r\n* BYE')),
        (text) => {
          const response = parseOne(untaggedStatus('NO', text));
          assert.ok(response.kind === 'status');
          assert.equal(response.code, undefined);
          assert.ok(parseOne(continuation(text)));
          const coded = parseOne(taggedStatus('A1', 'NO', text, 'LIMIT'));
          assert.equal(coded.kind === 'status' ? coded.code : undefined, 'LIMIT');
        },
      ),
    );
    assert.ok(untaggedStatus('NO', 'x'.repeat(10_000)).length < limits.imap.statusTextOctetsMax + 20);
  });
});

describe('untagged responses', () => {
  it('about the server', () => {
    assert.equal(capabilityResponse(['IMAP4rev1', 'STARTTLS']), '* CAPABILITY IMAP4rev1 STARTTLS\r\n');
    assert.equal(enabledResponse(['CONDSTORE']), '* ENABLED CONDSTORE\r\n');
    assert.equal(enabledResponse([]), '* ENABLED\r\n');
    assert.equal(idResponse([]), '* ID NIL\r\n');
    assert.equal(
      idResponse([
        ['name', 'Chancery'],
        ['version', null],
      ]),
      '* ID ("name" "Chancery" "version" NIL)\r\n',
    );
    assert.equal(
      namespaceResponse(
        [
          { prefix: '', delimiter: '/' },
          { prefix: '#mh/', delimiter: null },
        ],
        [{ prefix: '~', delimiter: '/' }],
        [],
      ),
      '* NAMESPACE (("" "/")("#mh/" NIL)) (("~" "/")) NIL\r\n',
    );
  });

  it('about mailboxes', () => {
    const listed = { attributes: ['\\Noselect', '\\HasChildren'], delimiter: '/', mailbox: '~/Mail/foo' };
    assert.equal(listResponse(listed), '* LIST (\\Noselect \\HasChildren) "/" ~/Mail/foo\r\n');
    assert.equal(
      listResponse({ ...listed, childInfo: ['SUBSCRIBED'] }),
      '* LIST (\\Noselect \\HasChildren) "/" ~/Mail/foo ("CHILDINFO" ("SUBSCRIBED"))\r\n',
    );
    assert.equal(
      lsubResponse({ attributes: [], delimiter: null, mailbox: 'a b' }),
      '* LSUB () NIL "a b"\r\n',
    );
    assert.equal(
      statusResponse('blurdybloop', [
        { item: 'MESSAGES', value: 231 },
        { item: 'MAILBOXID', value: 'F1' },
        { item: 'APPENDLIMIT', value: null },
        { item: 'APPENDLIMIT', value: 5 },
      ]),
      '* STATUS blurdybloop (MESSAGES 231 MAILBOXID (F1) APPENDLIMIT NIL APPENDLIMIT 5)\r\n',
    );
    assert.equal(flagsResponse(['\\Answered', '$x']), '* FLAGS (\\Answered $x)\r\n');
    assert.equal(existsResponse(23), '* 23 EXISTS\r\n');
    assert.equal(recentResponse(0), '* 0 RECENT\r\n');
    assert.equal(expungeResponse(44), '* 44 EXPUNGE\r\n');
    assert.equal(vanishedResponse('41,43:116', true), '* VANISHED (EARLIER) 41,43:116\r\n');
    assert.equal(vanishedResponse('5', false), '* VANISHED 5\r\n');
  });

  it('about searches', () => {
    assert.equal(searchResponse([2, 3, 6]), '* SEARCH 2 3 6\r\n');
    assert.equal(searchResponse([]), '* SEARCH\r\n');
    assert.equal(searchResponse([2], 917162500), '* SEARCH 2 (MODSEQ 917162500)\r\n');
    assert.equal(
      extendedSearchResponse({ tag: 'A283', uid: true, min: 2, all: '2,10:11', count: 3, modseq: 7 }),
      '* ESEARCH (TAG "A283") UID MIN 2 ALL 2,10:11 COUNT 3 MODSEQ 7\r\n',
    );
    assert.equal(
      extendedSearchResponse({ tag: 'A', uid: false, all: '', count: 0 }),
      '* ESEARCH (TAG "A") COUNT 0\r\n',
    );
  });

  it('all follow the grammar', () => {
    const mailbox = 'a "b"\r\n\xff';
    const lines = [
      capabilityResponse(['IMAP4rev1']),
      enabledResponse([]),
      idResponse([['name', 'x']]),
      namespaceResponse([{ prefix: '', delimiter: '/' }], [], []),
      listResponse({ attributes: ['\\Sent'], delimiter: '"', mailbox, childInfo: ['SUBSCRIBED'] }),
      lsubResponse({ attributes: [], delimiter: '\\', mailbox }),
      statusResponse(mailbox, [{ item: 'UNSEEN', value: 0 }]),
      flagsResponse([]),
      existsResponse(1),
      vanishedResponse('1:3', true),
      searchResponse([1], 2),
      extendedSearchResponse({ tag: '"', uid: true, count: 1 }),
    ];
    const parsed = parseResponses(Buffer.from(lines.join(''), 'latin1'));
    assert.equal(parsed.length, lines.length);
    assert.ok(parsed.every((response) => response.kind === 'data'));
  });
});
