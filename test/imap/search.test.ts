import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { filterHeaderFields } from '../../projections/message-facts/filter-header-fields.ts';
import { choose } from '../../src/imap/commands/header-stream.ts';
import { decodeHeaderText } from '../../src/imap/search/encoded-words.ts';
import { createTextSearch } from '../../src/imap/search/text-search.ts';
import { transferDecoder } from '../../src/imap/search/transfer-decoding.ts';
import { collect } from '../support/collect.ts';
import { type ImapClient, textOf } from './support/imap-client.ts';
import { startImap } from './support/imap-fixture.ts';

const messages = [
  'From: Bob Builder <bob@example.test>\r\nTo: alice@example.test\r\nDate: Thu, 1 Feb 2024 23:30:00 -0500\r\nSubject: Plans\r\nMessage-ID: <one@x>\r\n\r\nplain words\r\n',
  'From: =?utf-8?B?SsO8cmdlbg==?= <j@example.org>\r\nCc: carol@example.test\r\nSubject: =?iso-8859-1?Q?Gr=FC=DFe_aus?=\r\n =?iso-8859-1?Q?_K=F6ln?=\r\nX-Tag:\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw4RwZmVsIHVuZCBCaXJuZW4=\r\n',
  'Subject: multi\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>caf=E9 au =\r\nlait</p>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Forwarded secret\r\n\r\ndeep text\r\n--b\r\nContent-Type: application/pdf\r\n\r\nhiddenwords\r\n--b--\r\n',
];

async function found(client: ImapClient, criteria: string): Promise<string> {
  const answer = await client.command(`SEARCH ${criteria}`);
  assert.equal(answer.status, 'OK', criteria);
  return (answer.data('SEARCH')[0]?.values ?? []).map((each) => textOf(each)).join(' ');
}

describe('SEARCH', () => {
  it('finds by every key', async (t) => {
    const { mailboxes, select } = await startImap(t);
    for (const [n, each] of messages.entries()) mailboxes.deliver('alice', each, Date.UTC(2024, 1, 2 + n));
    const client = await select();
    await client.command('STORE 1 +FLAGS.SILENT (\\Seen \\Answered $Work)');
    await client.command('STORE 2 +FLAGS.SILENT (\\Flagged \\Draft)');
    const expected: Record<string, string> = {
      ALL: '1 2 3',
      'ANSWERED UNFLAGGED': '1',
      'UNANSWERED FLAGGED': '2',
      'DRAFT UNDELETED': '2',
      DELETED: '',
      'UNDRAFT SEEN': '1',
      UNSEEN: '2 3',
      'NEW NOT FLAGGED': '3',
      OLD: '',
      RECENT: '1 2 3',
      'KEYWORD $WORK': '1',
      'UNKEYWORD $Work': '2 3',
      'KEYWORD none': '',
      '2:*': '2 3',
      'UID 1,3': '1 3',
      'OR 1 UID 3': '1 3',
      'NOT (1 2)': '1 2 3',
      'BEFORE 3-Feb-2024': '1',
      'ON 3-Feb-2024': '2',
      'SINCE 3-Feb-2024': '2 3',
      'LARGER 300': '3',
      [`SMALLER ${messages[0]!.length}`]: '',
      'FROM builder': '1',
      'FROM "bob@EXAMPLE"': '1',
      'TO alice': '1',
      'CC carol': '2',
      'BCC x': '',
      'SUBJECT plan': '1',
      'SENTON 1-Feb-2024': '1',
      'SENTBEFORE 1-Feb-2024': '',
      'SENTSINCE 1-Feb-2024': '1',
      'HEADER Message-ID one@x': '1',
      'HEADER x-tag ""': '2',
      'HEADER X-None ""': '',
      'BODY words': '1',
      'BODY "cafe"': '',
      'BODY "au lait"': '3',
      'BODY secret': '3',
      'BODY plans': '',
      'TEXT plans': '1',
      'TEXT "deep TEXT"': '3',
      'TEXT zzz': '',
      'OR SUBJECT plans (BODY secret UNSEEN)': '1 3',
      'NOT TEXT words': '2 3',
    };
    for (const [criteria, numbers] of Object.entries(expected)) {
      assert.equal(await found(client, criteria), numbers, criteria);
    }
    const uids = await client.command('UID SEARCH UID 2:*');
    assert.equal(uids.data('SEARCH')[0]?.values.length, 2);
  });

  it('reads its strings in UTF-8 and refuses other charsets', async (t) => {
    const { mailboxes, select } = await startImap(t);
    for (const each of messages) mailboxes.deliver('alice', each);
    const client = await select();
    const utf8 = (text: string): string => {
      const octets = Buffer.from(text).toString('latin1');
      return `{${octets.length}+}\r\n${octets}`;
    };
    assert.equal(
      await found(client, `CHARSET UTF-8 SUBJECT ${utf8('GRÜSSE AUS KÖLN'.replace('SS', 'ß'))}`),
      '2',
    );
    assert.equal(await found(client, `CHARSET utf-8 FROM ${utf8('jürgen')}`), '2');
    assert.equal(await found(client, `CHARSET UTF-8 BODY ${utf8('äpfel')}`), '2');
    assert.equal(await found(client, `TEXT ${utf8('café')}`), '3');
    assert.equal(
      (await client.command('SEARCH CHARSET KOI8-R ALL')).status,
      'NO [BADCHARSET (UTF-8 US-ASCII)]'.replace('UTF-8 US-ASCII', 'US-ASCII UTF-8'),
    );
    for (const criteria of ['RETURN (MIN) ALL', 'MODSEQ 1', '$', '9', 'UID $']) {
      assert.equal((await client.command(`SEARCH ${criteria}`)).reply.status, 'BAD', criteria);
    }
  });
});

describe('what SEARCH decodes', () => {
  it('joins a character that is cut between encoded words', () => {
    assert.equal(decodeHeaderText('=?utf-8?B?w4Q=?= =?UTF-8?Q?=C3?=\r\n =?utf-8?q?=96_x?= y'), 'ÄÖ x y');
    assert.equal(decodeHeaderText('a =?x-none?Q?b?= caf\xe9'), 'a b café');
  });

  it('undoes transfer encodings wherever chunks are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(300)), (octets, cuts) => {
        const source = Buffer.from(octets);
        const base64 = (source.toString('base64').match(/.{1,7}/g) ?? []).join('\r\n');
        const quoted = [...source].map((octet) => `=${octet.toString(16).padStart(2, '0')}=\r\n`).join('');
        for (const [encoding, text] of [
          ['BASE64', base64],
          ['quoted-printable', quoted],
        ] as const) {
          const decoder = transferDecoder(encoding);
          const decoded = [...pieces(Buffer.from(text), cuts)].map((piece) => decoder.push(piece));
          assert.deepEqual(Buffer.concat([...decoded, decoder.end()]), source);
        }
      }),
    );
  });

  it('finds text wherever it is cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (before, needle, after) => {
        const search = createTextSearch([needle.toLowerCase()]);
        const folded = `${before}${needle}${after}`.toLowerCase();
        for (const char of folded.split('')) search.push(char);
        assert.ok(search.has(needle.toLowerCase()));
      }),
    );
  });
});

describe('a header that is filtered as it streams', () => {
  it('gives what the filter in memory gives', async () => {
    const line = fc.constantFrom(
      'A: x',
      'b : y',
      ' folded',
      '\tfolded',
      'no colon',
      '',
      'Ab: z',
      ':',
      '\rC: q',
      'a\r: z',
    );
    const header = fc.array(fc.tuple(line, fc.constantFrom('\r\n', '\n')), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(header, fc.array(fc.nat(60)), fc.boolean(), async (lines, cuts, not) => {
        const octets = Buffer.from(lines.flat().join(''));
        const names = ['a', 'AB', 'c'];
        const streamed = await collect(choose(asyncPieces(octets, cuts), { names, not }));
        assert.deepEqual(Buffer.concat([...streamed]), Buffer.from(filterHeaderFields(octets, names, not)));
      }),
    );
  });
});

function* pieces(octets: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    if (cut <= from || cut >= octets.length) continue;
    yield octets.subarray(from, cut);
    from = cut;
  }
  yield octets.subarray(from);
}

async function* asyncPieces(octets: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  yield* pieces(octets, cuts);
}
