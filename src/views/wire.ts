/** What travels between the main thread and the views' worker. */

import type { LogIndex, RecordedEvent } from '../../events/event-log.ts';
import type { KeyScope } from '../../events/scope-keys.ts';
import type { ProjectionName } from '../../projections/catalogue.ts';
import type { Comparison } from '../../projections/digest.ts';
import type { FoundFacts } from '../../projections/facts-projection.ts';
import type { Checkpoint } from '../../projections/runner.ts';
import { type Packed, pack, unpack } from '../sqlite/wire.ts';
import type { ViewsFault } from './views-unavailable.ts';

export interface ViewsSetup {
  /** Where the views' files are. */
  readonly directory: string;
  readonly keys: { readonly path: string; readonly masterKey: Uint8Array };
  readonly blobs: { readonly path: string };
  readonly names: readonly ProjectionName[];
}

/** How far one view is, and why it will get no further, if so. */
export interface Position extends Checkpoint {
  readonly name: ProjectionName;
  readonly broken: string | undefined;
}

export interface EventHead {
  readonly id: string;
  readonly type: string;
  readonly index: LogIndex;
  readonly stream: string;
  readonly revision: number;
}

/** A stretch of the log for some of the views; only events that one of them handles are in it. */
export interface ForwardedBatch {
  readonly names: readonly ProjectionName[];
  readonly first: LogIndex;
  readonly next: LogIndex;
  readonly lastId: string;
  readonly events: readonly RecordedEvent[];
}

export type PackedBatch = Omit<ForwardedBatch, 'events'> & { readonly packed: Packed<EventHead> };

export type Ask =
  | {
      readonly kind: 'query';
      readonly projection: ProjectionName;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'facts'; readonly event: RecordedEvent; readonly ordinals: readonly number[] }
  | { readonly kind: 'purge'; readonly scope: KeyScope }
  | { readonly kind: 'rebuild'; readonly name: ProjectionName }
  /** Holds a snapshot of another file of the same projection, and tells how far it is. */
  | { readonly kind: 'hold'; readonly path: string }
  /** Compares that snapshot (left) with this worker's own view (right), and lets it go. */
  | { readonly kind: 'compare'; readonly name: ProjectionName };

export interface Answers {
  readonly query: unknown;
  readonly facts: readonly FoundFacts[];
  readonly purge: undefined;
  readonly rebuild: undefined;
  readonly hold: Checkpoint;
  readonly compare: Comparison;
}

export type ToViews =
  | { readonly kind: 'batch'; readonly id: number; readonly batch: PackedBatch }
  | { readonly kind: 'ask'; readonly id: number; readonly ask: Ask }
  | { readonly kind: 'close' };

export type FromViews =
  | { readonly kind: 'started'; readonly positions: readonly Position[] }
  | { readonly kind: 'not-started'; readonly reason: string }
  | { readonly kind: 'applied'; readonly id: number; readonly positions: readonly Position[] }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly fault: ViewsFault; readonly reason: string };

export function packBatch({ events, ...rest }: ForwardedBatch): PackedBatch {
  const packed = pack(
    events.map(({ id, type, index, stream, revision, data, metadata }) => ({
      head: { id, type, index, stream, revision },
      octets: [data, metadata],
    })),
  );
  return { ...rest, packed };
}

export const unpackBatch = ({ packed, ...rest }: PackedBatch): ForwardedBatch => ({
  ...rest,
  events: unpack(packed).map(({ head, octets: [data, metadata] }) => ({
    ...head,
    data: data ?? new Uint8Array(),
    metadata: metadata ?? new Uint8Array(),
  })),
});
