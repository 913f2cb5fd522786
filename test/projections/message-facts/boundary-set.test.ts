import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type BoundarySet, createBoundarySet } from '../../../projections/message-facts/boundary-set.ts';

function match(set: BoundarySet, line: string): readonly [number, number] | undefined {
  const found = set.match(Buffer.from(line, 'latin1'), 0, line.length, true);
  return found === undefined ? undefined : [found.owner, found.length];
}

function setOf(...boundaries: readonly string[]): BoundarySet {
  const set = createBoundarySet();
  boundaries.forEach((boundary, owner) => {
    set.add(boundary, owner);
  });
  return set;
}

describe('The open boundaries', () => {
  it('match a line that begins with one (RFC 2046 section 5.1.1)', () => {
    const set = setOf('foo');
    assert.deepEqual(match(set, 'foo'), [0, 3]);
    assert.deepEqual(match(set, 'foo--'), [0, 3]);
    assert.deepEqual(match(set, 'foo  '), [0, 3]);
    assert.deepEqual(match(set, 'foobar'), [0, 3]);
    assert.equal(match(set, 'fo'), undefined);
    assert.equal(match(set, 'xfoo'), undefined);
  });

  it('match the longest of several', () => {
    assert.deepEqual(match(setOf('foo', 'foobar'), 'foobarbaz'), [1, 6]);
    assert.deepEqual(match(setOf('foobar', 'foo'), 'foobarbaz'), [0, 6]);
  });

  it('match the innermost of equal ones', () => {
    assert.deepEqual(match(setOf('foo', 'foo'), 'foo'), [1, 3]);
  });

  it('match the innermost that the whole line is, as delimiter or as close-delimiter', () => {
    assert.deepEqual(match(setOf('foo--', 'foo'), 'foo--'), [1, 3]);
    assert.deepEqual(match(setOf('foo', 'foo--'), 'foo--'), [1, 5]);
    assert.deepEqual(match(setOf('foo', 'foo--'), 'foo----'), [1, 5]);
  });

  it('match an empty boundary always', () => {
    assert.deepEqual(match(setOf(''), 'whatever'), [0, 0]);
  });

  it('forget what was removed, and only that', () => {
    const set = setOf('foo', 'foobar', 'foo');
    set.remove('foo');
    assert.deepEqual(match(set, 'foo'), [0, 3]);
    set.remove('foobar');
    assert.deepEqual(match(set, 'foobar'), [0, 3]);
    set.remove('foo');
    assert.equal(match(set, 'foobar'), undefined);
    assert.equal(set.size(), 0);
  });

  it('agree with trying each one, whatever is added and removed', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(fc.option(text), { maxLength: 30 }),
        fc.array(text, { maxLength: 10 }),
        (acts, lines) => {
          const set = createBoundarySet();
          const stack: string[] = [];
          for (const act of acts) {
            if (act !== null) set.add(act, stack.push(act) - 1);
            else if (stack.length > 0) set.remove(stack.pop()!);
          }
          for (const line of lines)
            assert.deepEqual(match(set, line), naive(stack, line), `${stack} | ${line}`);
        },
      ),
      // Found once: an outer boundary that a line closes exactly, while an inner one is longer.
      { examples: [[['a', 'a-'], ['a--']]] },
    );
  });
});

function naive(stack: readonly string[], line: string): readonly [number, number] | undefined {
  const innermostFirst = stack.map((boundary, owner) => ({ boundary, owner })).reverse();
  const begins = innermostFirst.filter(({ boundary }) => line.startsWith(boundary));
  const closing = (boundary: string): boolean => line.length > 2 && line === `${boundary}--`;
  const exact = begins.find(({ boundary }) => line === boundary || closing(boundary));
  const best =
    exact ??
    begins.reduce<(typeof begins)[number] | undefined>(
      (longest, each) =>
        longest === undefined || each.boundary.length > longest.boundary.length ? each : longest,
      undefined,
    );
  return best === undefined ? undefined : [best.owner, best.boundary.length];
}
