/**
 * Content as the log records it: the commitment to a message's sealed blob, and the list of segments
 * that a mailbox or a peer sees, so that the octets any party saw can be rebuilt exactly.
 *
 * Everything here is pure. Sizes and offsets are octets of clear text unless the name says sealed.
 */
import { z } from 'zod';

/** What `MessageAccepted` commits to. */
interface ContentCommitment {
  readonly blobId: string;
  /** Octets of the content. */
  readonly length: number;
  /** Octets of all sealed chunks together. */
  readonly sealedLength: number;
  /** RFC 6962 section 2.1 tree hash over the sealed chunks, in lower-case hex. */
  readonly chunkRoot: string;
}

/** The commitment and the message whose key seals the content: all that it takes to read it. */
export interface ContentRef extends ContentCommitment {
  readonly messageId: string;
}

/** What it takes to read a stored content. Without the length its end is known by the chunk that is
 * sealed as the last. */
export interface ContentSource {
  readonly messageId: string;
  readonly blobId: string;
  readonly length?: number;
}

/** Inline octets stand beside the list, in its order; a blob's octets are a range of its content. */
export type Segment =
  | { readonly kind: 'inline'; readonly length: number }
  | { readonly kind: 'blob'; readonly offset: number; readonly length: number };

/** A part of one segment. `index` counts the inline segments of the list from 0, `offset` is within that
 * inline segment, or within the blob's content. Never empty. */
export type SegmentPiece =
  | { readonly kind: 'inline'; readonly index: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'blob'; readonly offset: number; readonly length: number };

const octets = z.int().nonnegative();

export const contentCommitmentSchema = z.object({
  blobId: z.string().min(1),
  length: octets,
  sealedLength: octets,
  chunkRoot: z.string().regex(/^[0-9a-f]{64}$/),
});

export const segmentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inline'), length: octets }),
  z.object({ kind: z.literal('blob'), offset: octets, length: octets }),
]);

/** Octets of the whole. */
export function segmentsLength(segments: readonly Segment[]): number {
  let length = 0;
  for (const segment of segments) length += segment.length;
  return length;
}

/**
 * The pieces that the range `offset` to `offset + length` of the whole is made of, in order. What lies
 * behind the end is cut off, as IMAP's partial FETCH wants it (RFC 3501 section 6.4.5). Throws
 * RangeError when offset or length is not a natural number (an infinite length means "to the end").
 */
export function sliceSegments(
  segments: readonly Segment[],
  offset: number,
  length: number,
): readonly SegmentPiece[] {
  requireRange(offset, length);
  const end = offset + length;
  const pieces: SegmentPiece[] = [];
  let start = 0;
  let inlineIndex = 0;
  for (const segment of segments) {
    if (start >= end) break;
    const from = Math.max(offset, start) - start;
    const size = Math.min(end, start + segment.length) - start - from;
    if (size > 0) pieces.push(pieceOf(segment, inlineIndex, from, size));
    start += segment.length;
    if (segment.kind === 'inline') inlineIndex++;
  }
  return pieces;
}

function pieceOf(segment: Segment, index: number, from: number, length: number): SegmentPiece {
  switch (segment.kind) {
    case 'inline':
      return { kind: 'inline', index, offset: from, length };
    case 'blob':
      return { kind: 'blob', offset: segment.offset + from, length };
    default:
      return segment satisfies never;
  }
}

/** Throws RangeError unless both are natural numbers; `length` may be infinite. */
export function requireRange(offset: number, length: number): void {
  const lengthFits = Number.isSafeInteger(length) || length === Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(offset) || offset < 0 || !lengthFits || length < 0) {
    throw new RangeError(`no range of octets: offset ${offset}, length ${length}`);
  }
}
