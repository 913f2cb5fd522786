/** A search program on one message, as far as is known: true, false, or undefined when more must be looked at. */
import type { SearchKey } from '../grammar/search-key.ts';

export type LeafKey = Exclude<SearchKey, { kind: 'NOT' | 'OR' | 'AND' }>;

export type LeafAnswer = (key: LeafKey) => boolean | undefined;

/** Nesting is bounded by the grammar. */
export function evaluate(key: SearchKey, answer: LeafAnswer): boolean | undefined {
  switch (key.kind) {
    case 'NOT': {
      const inner = evaluate(key.key, answer);
      return inner === undefined ? undefined : !inner;
    }
    case 'OR': {
      const either = evaluate(key.either, answer);
      if (either === true) return true;
      const or = evaluate(key.or, answer);
      if (or === true) return true;
      return either === undefined || or === undefined ? undefined : false;
    }
    case 'AND':
      return evaluateAll(key.keys, answer);
    default:
      return answer(key);
  }
}

export function evaluateAll(keys: readonly SearchKey[], answer: LeafAnswer): boolean | undefined {
  let all: boolean | undefined = true;
  for (const key of keys) {
    const each = evaluate(key, answer);
    if (each === false) return false;
    if (each === undefined) all = undefined;
  }
  return all;
}

/** Every key that is not made of others. */
export function* leavesOf(keys: readonly SearchKey[]): Generator<LeafKey> {
  for (const key of keys) {
    switch (key.kind) {
      case 'NOT':
        yield* leavesOf([key.key]);
        break;
      case 'OR':
        yield* leavesOf([key.either, key.or]);
        break;
      case 'AND':
        yield* leavesOf(key.keys);
        break;
      default:
        yield key;
    }
  }
}
