/** What must hold of the facts of any message, whatever its octets. */
import assert from 'node:assert/strict';
import type { BodyPart, MessageFacts, MimeLimits } from '../../../projections/message-facts/message-facts.ts';
import { limits } from '../../../src/limits.ts';

/** Ranges lie within each other and in order, lines are the LFs of the body, bounds hold. */
export function assertSound(
  octets: Uint8Array,
  facts: MessageFacts,
  bounds: MimeLimits = limits.mime,
): { readonly parts: number } {
  assert.equal(facts.size, octets.length);
  assert.deepEqual([facts.root.headerStart, facts.root.bodyEnd], [0, octets.length]);
  const linesBefore = lineFeedsBefore(octets);
  const parts = assertPart(facts.root, 1, linesBefore, bounds);
  assert.ok(parts <= bounds.partsMax);
  return { parts };
}

function assertPart(part: BodyPart, depth: number, linesBefore: Uint32Array, bounds: MimeLimits): number {
  assert.ok(depth <= bounds.depthMax);
  assert.ok(part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd);
  if (part.kind === 'text' || part.kind === 'message') {
    assert.equal(part.lines, linesBefore[part.bodyEnd]! - linesBefore[part.bodyStart]!);
  }
  if (part.kind === 'message') {
    assert.deepEqual([part.message.headerStart, part.message.bodyEnd], [part.bodyStart, part.bodyEnd]);
    return 1 + assertPart(part.message, depth + 1, linesBefore, bounds);
  }
  if (part.kind !== 'multipart') return 1;
  assert.ok(part.parts.length > 0);
  let at = part.bodyStart;
  let count = 1;
  for (const child of part.parts) {
    assert.ok(child.headerStart >= at && child.bodyEnd <= part.bodyEnd);
    at = child.bodyEnd;
    // The empty part that stands for none was never in the message.
    const isInvented = child.headerStart === part.bodyEnd && part.parts.length === 1;
    count += isInvented ? 0 : assertPart(child, depth + 1, linesBefore, bounds);
  }
  return count;
}

function lineFeedsBefore(octets: Uint8Array): Uint32Array {
  const before = new Uint32Array(octets.length + 1);
  for (let at = 0; at < octets.length; at += 1) before[at + 1] = before[at]! + (octets[at] === 0x0a ? 1 : 0);
  return before;
}
