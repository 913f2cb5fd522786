import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { headerText } from '../../src/cli/header-text.ts';
import { entryText, localTime, type Names, sessionText } from '../../src/cli/trace-text.ts';

const names: Names = {
  addresses: { a: 'alice@example.test', b: 'bob@example.test' },
  folders: { b: { 1: 'INBOX', 2: 'Lists/Dogs' } },
  keywords: { b: { 0: '$Forwarded' } },
  sessions: { s: { protocol: 'imap', peer: '192.0.2.7', who: 'bob@example.test' } },
};
const entry = (type: string, detail: Readonly<Record<string, unknown>>, by = 'session:s') =>
  entryText({ logIndex: 7, at: 0, type, by, stream: 'mailbox-b', accountId: 'b', detail }, names);
const overImap = ', by bob@example.test, over IMAP from 192.0.2.7';

describe('the words of a trace', () => {
  it('name folders, flags and who it was', () => {
    assert.equal(
      entry('MessagesFlagged', { folderId: 1, uid: 3, mode: 'add', flags: 5, keywordIds: [0] }),
      `flags set in the mailbox of bob@example.test: \\Seen \\Flagged $Forwarded (INBOX UID 3)${overImap}`,
    );
    assert.equal(
      entry('MessagesMoved', { fromFolderId: 1, fromUid: 3, folderId: 2, uid: 9 }),
      `moved in the mailbox of bob@example.test: INBOX UID 3, to Lists/Dogs UID 9${overImap}`,
    );
    assert.equal(
      entry('MessagesExpunged', { folderId: 5, uid: 3 }),
      `expunged from the mailbox of bob@example.test: a folder that is gone (5) UID 3${overImap}`,
    );
  });

  it('say who read what, also when it is the mailbox of somebody else', () => {
    const read = { folderId: 1, uid: 3, part: 'BODY[1]' };
    assert.equal(
      entry('MessagesRead', { ...read, readerId: 'b' }),
      'read by bob@example.test: BODY[1] (INBOX UID 3), over IMAP from 192.0.2.7',
    );
    assert.match(
      entry('MessagesRead', { ...read, readerId: 'a' }),
      /^read by alice@example\.test in the mailbox of bob@/,
    );
  });

  it('tell the attempts of a queue', () => {
    assert.match(
      entry('DeliveryDeferred', { queueId: 'q', attempt: 2, dueAt: 0, reason: 'over-quota' }, 'system'),
      /^deferred for bob@example\.test after 2 attempts, due .*: over-quota$/,
    );
  });

  it('say what is erased', () => {
    const opened = { logIndex: 1, at: 0, type: 'SessionOpened', personal: null };
    assert.equal(
      sessionText({ ...opened, detail: { listener: 'mx', implicitTls: false } }),
      'connection from (erased) port (erased) to listener mx',
    );
  });

  it('give times with the offset of the machine', () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    assert.match(localTime(at), /^2026-01-0\d \d\d:\d\d:05\.678[+-]\d\d:\d\d$/);
    assert.equal(Date.parse(localTime(at).replace(' ', 'T')), at);
  });
});

describe('header fields', () => {
  it('are read as UTF-8 and as encoded words', () => {
    assert.equal(headerText(Buffer.from('Grüße').toString('latin1')), 'Grüße');
    assert.equal(headerText('=?utf-8?B?R3LDvA==?= =?ISO-8859-1?Q?=DFe_an?= alle'), 'Grüße an alle');
  });

  it('stand as they came when they cannot be read', () => {
    assert.equal(headerText('=?no-such?Q?abc?= \xff'), '=?no-such?Q?abc?= \xff');
  });

  it('never fail', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(typeof headerText(text), 'string');
      }),
    );
  });
});
