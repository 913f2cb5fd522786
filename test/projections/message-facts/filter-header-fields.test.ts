import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { filterHeaderFields } from '../../../projections/message-facts/filter-header-fields.ts';

function filtered(header: string, names: readonly string[], not = false): string {
  const result = filterHeaderFields(Buffer.from(header, 'latin1'), names, not);
  return Buffer.from(result).toString('latin1');
}

const header = 'From: a\r\nX-A: 1\r\nSubject: long\r\n\tfolded\r\n more\r\nx-a: 2\r\nTo : b\r\n\r\n';

describe('BODY[HEADER.FIELDS (...)]', () => {
  it('gives the named fields in the order and the form of the header, and the empty line', () => {
    assert.equal(
      filtered(header, ['SUBJECT', 'from']),
      'From: a\r\nSubject: long\r\n\tfolded\r\n more\r\n\r\n',
    );
    assert.equal(filtered(header, ['X-A']), 'X-A: 1\r\nx-a: 2\r\n\r\n');
    assert.equal(filtered(header, ['to']), 'To : b\r\n\r\n');
    assert.equal(filtered(header, ['missing']), '\r\n');
    assert.equal(filtered(header, []), '\r\n');
  });

  it('with NOT gives the others', () => {
    assert.equal(filtered(header, ['Subject', 'X-A', 'To'], true), 'From: a\r\n\r\n');
    assert.equal(filtered(header, [], true), header);
  });

  it('keeps bare line ends as they stand', () => {
    assert.equal(filtered('A: 1\nB: 2\n  x\r\nC: 3\rD: 4\n\n', ['b', 'c']), 'B: 2\n  x\r\nC: 3\rD: 4\n\n');
  });

  it('adds no empty line to a message that has none (RFC 3501 section 6.4.5)', () => {
    assert.equal(filtered('A: 1\r\nB: 2', ['b']), 'B: 2');
    assert.equal(filtered('A: 1\r\nB: 2\r\n', ['b']), 'B: 2\r\n');
    assert.equal(filtered('', ['b']), '');
  });

  it('counts lines that are no field among those not named', () => {
    const odd = 'From a Mon\r\n 1\r\n: x\r\nA: 1\r\n\r\n';
    assert.equal(filtered(odd, ['a']), 'A: 1\r\n\r\n');
    assert.equal(filtered(odd, ['a'], true), 'From a Mon\r\n 1\r\n: x\r\n\r\n');
    assert.equal(filtered(odd, ['']), '\r\n');
    assert.equal(filtered(' leading\r\nA: 1\r\n\r\n', ['a'], true), ' leading\r\n\r\n');
  });

  it('with and without NOT splits any octets in two, and never throws', () => {
    const piece = fc.oneof(fc.constantFrom('A', 'b', ':', ' ', '\r\n', '\n', '\r', '\0', '\xff', 'A: 1\r\n'));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        // A header holds an empty line only at its end.
        const text = pieces
          .join('')
          .replaceAll(/\n[\r\n]+/g, '\n')
          .replace(/^\r?\n/, '');
        const [wanted, others] = [filtered(text, ['a']), filtered(text, ['a'], true)];
        assert.equal(wanted.length + others.length, text.length);
      }),
    );
  });
});
