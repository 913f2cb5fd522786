/**
 * The Merkle tree hash of RFC 6962 section 2.1 (SHA-256) over a blob's sealed chunks, computed while they
 * pass by: memory is one hash for each level.
 */
import { createHash, hash } from 'node:crypto';

export interface ChunkRoot {
  add(sealed: Uint8Array): void;
  /** Root over what was added so far, in lower-case hex. */
  root(): string;
}

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export function createChunkRoot(): ChunkRoot {
  /** Roots of complete subtrees, sizes falling: the set bits of `leaves`, highest first. */
  const subtrees: Uint8Array[] = [];
  let leaves = 0;
  return {
    add(sealed) {
      let subtree: Uint8Array = createHash('sha256').update(leafPrefix).update(sealed).digest();
      // Each trailing set bit of the old count is a subtree of the size just completed.
      for (let bits = leaves; bits % 2 === 1; bits = (bits - 1) / 2) {
        subtree = nodeHash(subtrees.pop() as Uint8Array, subtree);
      }
      subtrees.push(subtree);
      leaves++;
    },
    root() {
      const smallest = subtrees.at(-1);
      if (smallest === undefined) return hash('sha256', '', 'hex');
      let root = smallest;
      for (const subtree of subtrees.slice(0, -1).reverse()) root = nodeHash(subtree, root);
      return Buffer.from(root).toString('hex');
    },
  };
}

const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  createHash('sha256').update(nodePrefix).update(left).update(right).digest();
