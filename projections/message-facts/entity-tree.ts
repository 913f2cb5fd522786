/**
 * The entities of a message that are open while it is scanned, from the message itself to the innermost
 * part, with what they share: the boundaries they wait for and what the limits have left.
 */
import { type BoundarySet, createBoundarySet } from './boundary-set.ts';
import { closedPart, countsLines, describe, type Entity, openEntity } from './entity.ts';
import { type AddressBudget, envelopeOf } from './envelope.ts';
import { createFieldCollector, type FieldBudget } from './field-collector.ts';
import type { MessageFacts, MimeLimits } from './message-facts.ts';

export interface EntityTree {
  readonly limits: MimeLimits;
  /** The open entities, the innermost last. */
  readonly open: Entity[];
  /** Of the open multiparts, owned by their place in `open`. */
  readonly boundaries: BoundarySet;
  /** How many open entities count their lines. */
  lineCounters: number;
  partCount: number;
  readonly fieldBudget: FieldBudget;
  readonly addressBudget: AddressBudget;
}

/** A tree with the message open, at its header. */
export function createEntityTree(limits: MimeLimits): EntityTree {
  const tree: EntityTree = {
    limits,
    open: [],
    boundaries: createBoundarySet(),
    lineCounters: 0,
    partCount: 0,
    fieldBudget: { octetsLeft: limits.fieldsOctetsMax },
    addressBudget: { addressesLeft: limits.addressesMax },
  };
  beginEntity(tree, 0, true);
  return tree;
}

/** A header begins at `headerStart`, inside the innermost open entity. */
export function beginEntity(tree: EntityTree, headerStart: number, isMessage: boolean): void {
  const fields = createFieldCollector(isMessage, tree.limits.fieldOctetsMax, tree.fieldBudget);
  tree.open.push(openEntity(headerStart, isMessage, fields));
  tree.partCount += 1;
}

/**
 * The innermost header has ended with its empty line, at offset `at` and behind `lines` LFs. True when
 * the body is a message, which has been begun.
 */
export function endHeader(tree: EntityTree, at: number, lines: number): boolean {
  const isMessage = startBody(tree, at, lines, 1).described?.kind === 'message';
  if (isMessage) beginEntity(tree, at, true);
  return isMessage;
}

/** The innermost header has ended without an empty line, at a boundary or at the end of the message: the
 * body is empty, and so is a message nested in it. */
export function endHeaderEarly(tree: EntityTree, at: number, lines: number): void {
  // Room is kept for the part that the boundary begins.
  const placesWanted = 2;
  let entity = startBody(tree, at, lines, placesWanted);
  while (entity.described?.kind === 'message') {
    beginEntity(tree, at, true);
    entity = startBody(tree, at, lines, placesWanted);
  }
}

/** `placesWanted`: how many more parts must be allowed if this one is to hold others. */
function startBody(tree: EntityTree, bodyStart: number, lines: number, placesWanted: number): Entity {
  const entity = tree.open.at(-1)!;
  const { depthMax, partsMax } = tree.limits;
  const mayNest = tree.open.length < depthMax && tree.partCount + placesWanted <= partsMax;
  describe(entity, tree.open.at(-2), mayNest, tree.limits);
  if (entity.isMessage) entity.envelope = envelopeOf(entity.fields.values(), tree.addressBudget);
  entity.bodyStart = bodyStart;
  entity.linesBefore = lines;
  if (countsLines(entity)) tree.lineCounters += 1;
  if (entity.boundary !== undefined) tree.boundaries.add(entity.boundary, tree.open.length - 1);
  return entity;
}

/** Ends all bodies inside the open entity `outer`, at offset `bodyEnd` and behind `lines` LFs. */
export function closeInside(tree: EntityTree, outer: number, bodyEnd: number, lines: number): void {
  while (tree.open.length - 1 > outer) {
    const entity = tree.open.pop()!;
    const parent = tree.open.at(-1)!;
    if (countsLines(entity)) tree.lineCounters -= 1;
    if (entity.boundary !== undefined) tree.boundaries.remove(entity.boundary);
    parent.parts.push(closedPart(entity, bodyEnd, lines));
    if (entity.isMessage) parent.nestedEnvelope = entity.envelope;
  }
}

/** Everything has ended, with the last header's end known. */
export function closeMessage(tree: EntityTree, size: number, lines: number): MessageFacts {
  closeInside(tree, 0, size, lines);
  const message = tree.open[0]!;
  return { size, envelope: message.envelope, root: closedPart(message, size, lines) };
}

/** The close-delimiter of an open multipart has come: what follows is its epilogue. */
export function retireBoundary(tree: EntityTree, owner: number): void {
  const entity = tree.open[owner]!;
  if (entity.boundary === undefined) return;
  tree.boundaries.remove(entity.boundary);
  entity.boundary = undefined;
}

/** Whether a line may be a boundary. With all parts used up, the rest belongs to the last one, boundaries
 * and all. */
export function searchesBoundaries(tree: EntityTree): boolean {
  return tree.boundaries.size() > 0 && tree.partCount < tree.limits.partsMax;
}
