/**
 * Extension parameters of SELECT and CREATE, after RFC 4466. Parsers throw `SyntaxFault`.
 */
import type { UidRange } from '../../../events/uid-set.ts';
import { type Cursor, expect, fail, nested, skip, space, word } from './cursor.ts';
import { numberSet } from './sequence-set.ts';
import { atom, list, modSequence, nzNumber } from './values.ts';

export type SelectParameter =
  | { readonly kind: 'CONDSTORE' }
  | {
      readonly kind: 'QRESYNC';
      readonly uidValidity: number;
      readonly modseq: number;
      readonly knownUids?: readonly UidRange[];
      /** Message numbers and the UIDs that the client has for them. */
      readonly sequenceMatch?: { readonly numbers: readonly UidRange[]; readonly uids: readonly UidRange[] };
    };

export type CreateParameter = { readonly kind: 'USE'; readonly attributes: readonly string[] };

/** RFC 7162 section 7, select-param. */
export function selectParameter(cursor: Cursor): SelectParameter {
  const name = word(cursor, 'Parameter');
  if (name === 'CONDSTORE') return { kind: 'CONDSTORE' };
  if (name !== 'QRESYNC') fail('Unknown parameter');
  space(cursor);
  return nested(cursor, quickResync);
}

function quickResync(cursor: Cursor): SelectParameter {
  expect(cursor, '(', '( before QRESYNC arguments');
  const uidValidity = nzNumber(cursor, 'UIDVALIDITY');
  space(cursor);
  const modseq = modSequence(cursor);
  let knownUids: readonly UidRange[] | undefined;
  let sequenceMatch: { numbers: readonly UidRange[]; uids: readonly UidRange[] } | undefined;
  while (skip(cursor, ' ')) {
    if (sequenceMatch !== undefined) fail('Too many QRESYNC arguments');
    if (skip(cursor, '(')) {
      const numbers = numberSet(cursor);
      space(cursor);
      sequenceMatch = { numbers, uids: numberSet(cursor) };
      expect(cursor, ')', ') after sequence match data');
    } else if (knownUids === undefined) {
      knownUids = numberSet(cursor);
    } else fail('( before sequence match data expected');
  }
  expect(cursor, ')', ') after QRESYNC arguments');
  return {
    kind: 'QRESYNC',
    uidValidity,
    modseq,
    ...(knownUids === undefined ? {} : { knownUids }),
    ...(sequenceMatch === undefined ? {} : { sequenceMatch }),
  };
}

/** RFC 6154 section 6: `USE (\Drafts \Sent)`. Attributes come out as sent. */
export function createParameter(cursor: Cursor): CreateParameter {
  if (word(cursor, 'Parameter') !== 'USE') fail('Unknown parameter');
  space(cursor);
  return { kind: 'USE', attributes: list(cursor, useAttribute, 'attributes', 'empty-allowed') };
}

function useAttribute(cursor: Cursor): string {
  expect(cursor, '\\', 'Special-use attribute');
  return `\\${atom(cursor, 'Special-use attribute')}`;
}
