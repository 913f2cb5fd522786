import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createListMatcher } from '../../src/imap/list-pattern.ts';
import { canonicalMailboxName, decodeMailboxName, encodeMailboxName } from '../../src/imap/mailbox-names.ts';
import { limits } from '../../src/limits.ts';

describe('mailbox names on the wire', () => {
  it('are modified UTF-7 (RFC 3501 section 5.1.3)', () => {
    const examples = [
      ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'],
      ['Entwürfe & Co', 'Entw&APw-rfe &- Co'],
      ['😀', '&2D3eAA-'],
      ['&', '&-'],
      ['', ''],
    ] as const;
    for (const [name, octets] of examples) {
      assert.equal(encodeMailboxName(name, 'utf7'), octets);
      assert.equal(decodeMailboxName(octets, 'utf7'), name);
    }
  });

  it('have one spelling only: superfluous shifts and encoded ASCII are refused', () => {
    const malformed = [
      '&Jjo!',
      '&U,BTFw-&ZeVnLIqe-',
      '&AGE-',
      '&',
      'a&b',
      '&AOk',
      '&AO-',
      '&AOk=-',
      '&2D0-',
      '&AOl-',
      'é',
      '\xc3\xa9',
      '&AAo-',
      'a\nb',
    ];
    for (const octets of malformed) assert.equal(decodeMailboxName(octets, 'utf7'), undefined, octets);
  });

  it('are UTF-8 once the client enabled it', () => {
    assert.equal(encodeMailboxName('é&', 'utf8'), '\xc3\xa9&');
    assert.equal(decodeMailboxName('\xc3\xa9&', 'utf8'), 'é&');
    for (const octets of ['\xc3', '\xff', '\xed\xa0\x80', 'a\0', '\xc2\x85', '\xc0\x80']) {
      assert.equal(decodeMailboxName(octets, 'utf8'), undefined);
    }
    assert.equal(decodeMailboxName('\xef\xbb\xbfx', 'utf8'), '\ufeffx');
  });

  it('come back as they went, and whatever decodes encodes to the same octets', () => {
    const name = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(text));
    const octets = fc.stringMatching(/^[ -~]{0,12}$/);
    for (const mode of ['utf7', 'utf8'] as const) {
      fc.assert(
        fc.property(name, (text) => {
          assert.equal(decodeMailboxName(encodeMailboxName(text, mode), mode), text);
        }),
      );
      fc.assert(
        fc.property(fc.oneof(octets, fc.stringMatching(/^(?:&[A-D,+]{0,8}-)*$/)), (text) => {
          const decoded = decodeMailboxName(text, mode);
          if (decoded !== undefined) assert.equal(encodeMailboxName(decoded, mode), text);
        }),
      );
    }
  });

  it('know INBOX in any case, also as the first level', () => {
    assert.equal(canonicalMailboxName('inBox', '/'), 'INBOX');
    assert.equal(canonicalMailboxName('inbox/Inbox', '/'), 'INBOX/Inbox');
    assert.equal(canonicalMailboxName('inbox.x', '/'), 'inbox.x');
    assert.equal(canonicalMailboxName('inboxes', '/'), 'inboxes');
    assert.equal(canonicalMailboxName('a/inbox', '/'), 'a/inbox');
  });
});

describe('LIST patterns', () => {
  const listed = (pattern: string, names: readonly string[], reference = ''): string[] => {
    const matches = createListMatcher(reference, pattern, '/');
    assert.ok(matches);
    return names.filter(matches);
  };
  const names = ['INBOX', 'INBOX/old', 'Archive', 'Archive/2024', 'Archive/2024/Jan', 'a*b'];

  it('match one level with % and all with *', () => {
    assert.deepEqual(listed('%', names), ['INBOX', 'Archive', 'a*b']);
    assert.deepEqual(listed('*', names), names);
    assert.deepEqual(listed('%/%', names), ['INBOX/old', 'Archive/2024']);
    assert.deepEqual(listed('*2024', names), ['Archive/2024']);
    assert.deepEqual(listed('Arch%/%4/*', names), ['Archive/2024/Jan']);
    assert.deepEqual(listed('Archive', names), ['Archive']);
    assert.deepEqual(listed('%*%', names), names);
    assert.deepEqual(listed('', names), []);
    assert.deepEqual(listed('%', names, 'Archive/'), ['Archive/2024']);
    assert.deepEqual(listed('.*', ['xab', '.ab']), ['.ab']);
  });

  it('match INBOX in any case but nothing else', () => {
    assert.deepEqual(listed('inbox', names), ['INBOX']);
    assert.deepEqual(listed('in%', names), ['INBOX']);
    assert.deepEqual(listed('inbox/OLD', names), []);
    assert.deepEqual(listed('inbox/*', names), ['INBOX/old']);
    assert.deepEqual(listed('archive', names), []);
  });

  it('agree with the regular expression that they stand for', () => {
    const text = (chars: string[]) =>
      fc.array(fc.constantFrom(...chars), { maxLength: 7 }).map((a) => a.join(''));
    fc.assert(
      fc.property(text(['a', 'b', '/', '*', '%']), text(['a', 'b', '/']), (pattern, name) => {
        const source = pattern.replaceAll('*', '.*').replaceAll('%', '[^/]*');
        assert.deepEqual(listed(pattern, [name]), new RegExp(`^${source}$`).test(name) ? [name] : []);
      }),
      { numRuns: 500 },
    );
  });

  it('cost no more for a malicious pattern', () => {
    const half = limits.imap.listPatternOctetsMax / 2;
    assert.deepEqual(listed('*a'.repeat(half), ['a'.repeat(half - 1)]), []);
    assert.equal(createListMatcher('', 'x'.repeat(limits.imap.listPatternOctetsMax + 1), '/'), undefined);
  });
});
