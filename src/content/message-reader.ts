/**
 * Reads a message as a mailbox or a peer sees it: its recorded list of segments, the octets of the
 * inline ones, and the content that the others are ranges of.
 *
 * Throws RangeError for anything but natural numbers, TypeError when list and octets do not belong
 * together (a fault of ours), and what reading the content throws.
 */
import { type ContentSource, type Segment, sliceSegments } from '../../events/content.ts';
import type { ContentStore } from './content-store.ts';
import { ContentDamaged } from './errors.ts';

export interface SegmentedMessage {
  readonly segments: readonly Segment[];
  /** One for each inline segment, in order. */
  readonly inline: readonly Uint8Array[];
  /** Not needed when every segment is inline. */
  readonly content?: ContentSource | undefined;
}

/** The octets `offset` to `offset + length` of the whole, cut off at its end, in pieces that are never
 * empty. */
export async function* readMessage(
  contents: Pick<ContentStore, 'read'>,
  message: SegmentedMessage,
  offset = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array, void, void> {
  requireInline(message);
  for (const piece of sliceSegments(message.segments, offset, length)) {
    switch (piece.kind) {
      case 'inline':
        yield (message.inline[piece.index] as Uint8Array).subarray(piece.offset, piece.offset + piece.length);
        break;
      case 'blob':
        yield* readWhole(contents, message.content, piece.offset, piece.length);
        break;
      default:
        piece satisfies never;
    }
  }
}

/** A segment promises its octets: a content that ends before is damaged, never silently shorter. */
async function* readWhole(
  contents: Pick<ContentStore, 'read'>,
  content: ContentSource | undefined,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  if (content === undefined) throw new TypeError('the segments name a content that was not given');
  let left = length;
  for await (const octets of contents.read(content, offset, length)) {
    left -= octets.byteLength;
    yield octets;
  }
  if (left > 0) throw new ContentDamaged(content.blobId, undefined, 'length');
}

function requireInline(message: SegmentedMessage): void {
  const recorded = message.segments.filter((segment) => segment.kind === 'inline');
  const fits = recorded.every((segment, at) => message.inline[at]?.byteLength === segment.length);
  if (!fits || recorded.length !== message.inline.length) {
    throw new TypeError('the inline octets are not those of the segments');
  }
}
