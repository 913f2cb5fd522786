import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createChunkRoot } from '../../src/content/chunk-root.ts';

/** Leaves and roots of the first n of them, from the reference implementation of Certificate Transparency. */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('roots are those of the reference implementation', () => {
  const running = createChunkRoot();
  for (const [at, leaf] of leaves.entries()) {
    running.add(Buffer.from(leaf, 'hex'));
    assert.equal(running.root(), roots[at]);
  }
});

test('the root of nothing is the hash of nothing (RFC 6962 section 2.1)', () => {
  assert.equal(createChunkRoot().root(), createHash('sha256').digest('hex'));
});

test('any number of leaves agrees with the definition by recursion', () => {
  const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  const tree = (list: readonly Uint8Array[]): Uint8Array => {
    if (list.length === 1) return sha(Uint8Array.of(0), list[0] as Uint8Array);
    let left = 1;
    while (left * 2 < list.length) left *= 2;
    return sha(Uint8Array.of(1), tree(list.slice(0, left)), tree(list.slice(left)));
  };
  const list: Uint8Array[] = [];
  const running = createChunkRoot();
  for (let at = 0; at < 70; at++) {
    const leaf = Uint8Array.of(at, 1, 2);
    list.push(leaf);
    running.add(leaf);
    assert.equal(running.root(), Buffer.from(tree(list)).toString('hex'));
  }
});
