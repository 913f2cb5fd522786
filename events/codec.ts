/**
 * The codec: between an event as the code sees it and the sealed bytes that stand in the log.
 *
 * `data` is JSON: the clear fields, and under `$boxes` one sealed box per personal field:
 *   boxKey = HMAC-SHA-256(scopeKey, eventId || boxName), AES-256-GCM with a random nonce,
 *   additional data = event id, stream, type, box name (length-prefixed);
 *   commit = SHA-256("chancery-box" || boxKey), so that a proof can disclose one box key and nothing else.
 * `metadata` is JSON and ends with `check`: half a SHA-256 over id, stream, type, data and the metadata
 * before it. What it covers is ciphertext and clear fields only, so it tells nothing of what is sealed; one
 * flipped bit anywhere is a `CorruptEvent` that names the event.
 *
 * A type or version that this program does not know is kept as `unknown` and passed over. A box whose key
 * is destroyed reads as `erased`; writing under a destroyed key writes a box that is erased from birth.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import { definitions as allDefinitions, type DomainEvent } from './domain-event.ts';
import type { EventDefinition } from './event-definition.ts';
import { erased } from './event-definition.ts';
import type { NewEvent, RecordedEvent } from './event-log.ts';
import type { KeyScope, ScopeKey, ScopeKeys } from './scope-keys.ts';
import { streamId } from './streams.ts';

/** Who did it: a session, an account, a rule, or the system itself. */
export type Actor = `session:${string}` | `account:${string}` | `rule:${string}` | 'system';

export interface EventMeta {
  /** The message or session that the chain belongs to. */
  readonly correlationId: string;
  /** The event or session that caused this one. */
  readonly causationId: string;
  /** Milliseconds since the epoch, never before the stream's previous event. */
  readonly at: number;
  readonly by: Actor;
}

export interface UnknownEvent {
  readonly type: 'Unknown';
  readonly data: { readonly type: string; readonly version: number };
}

/** An event read back from the log and opened. */
export interface StoredEvent<E = DomainEvent | UnknownEvent> extends EventMeta {
  readonly index: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly event: E;
}

export class CorruptEvent extends Error {
  override readonly name = 'CorruptEvent';
  readonly event: {
    readonly index: number;
    readonly stream: string;
    readonly revision: number;
    readonly id: string;
  };
  constructor(recorded: RecordedEvent, reason: string, cause?: unknown) {
    super(
      `event ${recorded.index} (${recorded.stream} revision ${recorded.revision}, ${recorded.id}): ${reason}`,
      { cause },
    );
    this.event = {
      index: recorded.index,
      stream: recorded.stream,
      revision: recorded.revision,
      id: recorded.id,
    };
  }
}

export interface Codec {
  encode(stream: string, id: string, event: DomainEvent, meta: EventMeta): Promise<NewEvent>;
  /** Throws `CorruptEvent`, or what the key store throws. */
  decode(recorded: RecordedEvent): Promise<StoredEvent>;
  /** Forgets the opened events that are kept for a moment after they were written. Call it when a key is destroyed. */
  forget(): void;
}

interface Written {
  readonly stream: string;
  readonly stored: NewEvent;
  readonly event: DomainEvent;
  readonly meta: EventMeta;
}

/** The very octets, not equal ones: nothing can have happened to them. */
const isTheSame = ({ stream, stored }: Written, recorded: RecordedEvent): boolean =>
  stored.data === recorded.data &&
  stored.metadata === recorded.metadata &&
  stored.type === recorded.type &&
  stream === recorded.stream;

interface SealedBox {
  readonly scope: KeyScope;
  /** base64; absent when the scope's key was destroyed before this event was written. */
  readonly nonce?: string;
  readonly commit?: string;
  readonly sealed?: string;
}

const recentMax = 1_024;
const checkPrefix = ',"check":"';
const checkLength = 32;

export function createCodec(
  keys: ScopeKeys,
  definitions: ReadonlyMap<string, EventDefinition> = allDefinitions,
): Codec {
  /** What was written a moment ago, by event id: the log hands its followers the very octets that it was given, and
   * those need no opening. */
  let recent = new Map<string, Written>();
  /** Two generations instead of evicting one by one, which gets slow in a map. */
  let older = new Map<string, Written>();

  function remember(written: Written): NewEvent {
    if (recent.size >= recentMax) {
      older = recent;
      recent = new Map();
    }
    recent.set(written.stored.id, written);
    return written.stored;
  }

  function forget(): void {
    recent.clear();
    older.clear();
  }

  const keyFor = (scope: KeyScope): ScopeKey | Promise<ScopeKey> => keys.cached(scope) ?? keys.ensure(scope);

  async function encode(stream: string, id: string, event: DomainEvent, meta: EventMeta): Promise<NewEvent> {
    const definition: EventDefinition | undefined = definitions.get(event.type);
    if (definition === undefined) throw new TypeError(`no definition of event type ${event.type}`);
    const fields: Record<string, unknown> = { ...event.data };
    const boxes: Record<string, SealedBox | SealedBox[]> = {};
    let hasBoxes = false;
    for (const [name, box] of definition.boxEntries) {
      const value = fields[name];
      delete fields[name];
      if (value === undefined && box.kind === 'optional') continue;
      hasBoxes = true;
      if (box.kind === 'list') {
        const entries = value as readonly { scope: KeyScope; value: unknown }[];
        const list: SealedBox[] = [];
        for (const [n, entry] of entries.entries()) {
          const address = { id, stream, type: event.type, name: `${name}.${n}` };
          list.push(sealBox(address, entry.scope, await keyFor(entry.scope), entry.value));
        }
        boxes[name] = list;
      } else {
        const scope = box.scope({ streamId: streamId(stream), at: meta.at, data: event.data });
        boxes[name] = sealBox({ id, stream, type: event.type, name }, scope, await keyFor(scope), value);
      }
    }
    if (hasBoxes) fields.$boxes = boxes;
    const data = Buffer.from(JSON.stringify(fields));
    const head = JSON.stringify({
      $correlationId: meta.correlationId,
      $causationId: meta.causationId,
      at: meta.at,
      by: meta.by,
      v: definition.version,
    }).slice(0, -1);
    const check = eventCheck(id, stream, event.type, data, head);
    const metadata = Buffer.from(`${head}${checkPrefix}${check}"}`);
    return remember({ stream, stored: { id, type: event.type, data, metadata }, event, meta });
  }

  async function decode(recorded: RecordedEvent): Promise<StoredEvent> {
    const written = recent.get(recorded.id) ?? older.get(recorded.id);
    if (written !== undefined && isTheSame(written, recorded)) {
      const { index, stream, revision, id } = recorded;
      return { ...written.meta, index, stream, revision, id, event: written.event };
    }
    const meta = readMetadata(recorded);
    const { $correlationId: correlationId, $causationId: causationId, at, by, v } = meta;
    const envelope = {
      index: recorded.index,
      stream: recorded.stream,
      revision: recorded.revision,
      id: recorded.id,
    };
    const base = { ...envelope, correlationId, causationId, at, by };
    const definition: EventDefinition | undefined = definitions.get(recorded.type);
    if (definition === undefined || v > definition.version) {
      return { ...base, event: { type: 'Unknown', data: { type: recorded.type, version: v } } };
    }
    try {
      const parsed = JSON.parse(Buffer.from(recorded.data).toString('utf8')) as Record<string, unknown>;
      const opened = await openBoxes(recorded, parsed);
      const data = validate(definition, upcast(definition, v, opened));
      return { ...base, event: { type: definition.type, data } as DomainEvent };
    } catch (cause) {
      if (cause instanceof CorruptEvent) throw cause;
      if (cause instanceof Error && cause.name === 'KeyStoreUnavailable') throw cause;
      throw new CorruptEvent(recorded, cause instanceof Error ? cause.message : 'unreadable', cause);
    }
  }

  async function openBoxes(
    recorded: RecordedEvent,
    fields: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const boxes = fields.$boxes as Record<string, SealedBox | readonly SealedBox[]> | undefined;
    if (boxes === undefined) return fields;
    delete fields.$boxes;
    for (const [name, sealed] of Object.entries(boxes)) {
      if (isList(sealed)) {
        const list: { scope: KeyScope; value: unknown }[] = [];
        for (const [n, each] of sealed.entries())
          list.push({ scope: each.scope, value: await open(recorded, `${name}.${n}`, each) });
        fields[name] = list;
      } else {
        fields[name] = await open(recorded, name, sealed);
      }
    }
    return fields;
  }

  async function open(recorded: RecordedEvent, name: string, sealed: SealedBox): Promise<unknown> {
    if (sealed.nonce === undefined || sealed.sealed === undefined || sealed.commit === undefined)
      return erased;
    const key = keys.cached(sealed.scope) ?? (await keys.get(sealed.scope));
    if (key === 'destroyed') return erased;
    if (key === undefined)
      throw new CorruptEvent(recorded, `box ${name}: the key store has never had a key for ${sealed.scope}`);
    const boxKey = deriveBoxKey(key, recorded.id, name);
    if (!timingSafeEqual(boxCommitment(boxKey), Buffer.from(sealed.commit, 'base64'))) {
      throw new CorruptEvent(
        recorded,
        `box ${name} is committed to another key than that of ${sealed.scope}`,
      );
    }
    return openBox(boxKey, boxAddress({ ...recorded, name }), sealed.nonce, sealed.sealed);
  }

  return { encode, decode, forget };
}

interface BoxAddress {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  readonly name: string;
}

const boxAddress = (box: BoxAddress): Buffer =>
  Buffer.from(JSON.stringify([box.id, box.stream, box.type, box.name]));

const deriveBoxKey = (scopeKey: Uint8Array, eventId: string, boxName: string): Buffer =>
  createHmac('sha256', scopeKey)
    .update(eventId + boxName)
    .digest();

const boxCommitment = (boxKey: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from('chancery-box'), boxKey]), 'buffer');

function sealBox(address: BoxAddress, scope: KeyScope, key: ScopeKey, value: unknown): SealedBox {
  if (key === 'destroyed' || value === erased) return { scope };
  const boxKey = deriveBoxKey(key, address.id, address.name);
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', boxKey, nonce);
  cipher.setAAD(boxAddress(address));
  const sealed = Buffer.concat([
    cipher.update(JSON.stringify(value), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return {
    scope,
    nonce: nonce.toString('base64'),
    commit: boxCommitment(boxKey).toString('base64'),
    sealed: sealed.toString('base64'),
  };
}

const noncePool = Buffer.alloc(12 * 512);
let noncesUsed = noncePool.length;

/** Twelve random octets; drawn from the system by the pool, because each draw costs as much as a seal. */
function nextNonce(): Buffer {
  if (noncesUsed + 12 > noncePool.length) {
    randomFillSync(noncePool);
    noncesUsed = 0;
  }
  noncesUsed += 12;
  return Buffer.from(noncePool.subarray(noncesUsed - 12, noncesUsed));
}

/** Opens one box with its own key; throws when key, place or octets are not what was sealed. */
function openBox(boxKey: Uint8Array, address: Buffer, nonce: string, sealed: string): unknown {
  const octets = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', boxKey, Buffer.from(nonce, 'base64'));
  decipher.setAAD(address);
  decipher.setAuthTag(octets.subarray(-16));
  return JSON.parse(decipher.update(octets.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8'));
}

function eventCheck(
  id: string,
  stream: string,
  type: string,
  data: Uint8Array,
  metadataHead: string,
): string {
  const head = Buffer.from(JSON.stringify([id, stream, type, data.length, metadataHead]));
  return hash('sha256', Buffer.concat([head, data]), 'hex').slice(0, checkLength);
}

interface WireMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly at: number;
  readonly by: Actor;
  readonly v: number;
}

/** The metadata of an event without opening it; throws `CorruptEvent` when the check does not fit. */
function readMetadata(recorded: RecordedEvent): WireMetadata {
  const text = Buffer.from(recorded.metadata).toString('utf8');
  const headLength = text.length - checkPrefix.length - checkLength - 2;
  const head = text.slice(0, headLength);
  if (
    headLength < 0 ||
    text.slice(headLength, headLength + checkPrefix.length) !== checkPrefix ||
    !text.endsWith('"}')
  ) {
    throw new CorruptEvent(recorded, 'its metadata carries no check');
  }
  const check = eventCheck(recorded.id, recorded.stream, recorded.type, recorded.data, head);
  if (check !== text.slice(-checkLength - 2, -2))
    throw new CorruptEvent(recorded, 'its octets are not the ones that were written');
  const meta = JSON.parse(`${head}}`) as Partial<WireMetadata>;
  const { $correlationId, $causationId, at, by, v } = meta;
  if (
    [$correlationId, $causationId, by].some((each) => typeof each !== 'string') ||
    typeof at !== 'number' ||
    typeof v !== 'number'
  ) {
    throw new CorruptEvent(recorded, 'its metadata lacks a field');
  }
  return meta as WireMetadata;
}

function upcast(
  definition: EventDefinition,
  from: number,
  data: Record<string, unknown>,
): Record<string, unknown> {
  let current = data;
  for (let version = from; version < definition.version; version++) {
    const step = definition.upcasters[version];
    if (step === undefined) throw new TypeError(`${definition.type} has no upcaster from version ${version}`);
    current = step(current);
  }
  return current;
}

function validate(definition: EventDefinition, fields: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = definition.clear.parse(fields);
  for (const [name, box] of definition.boxEntries) {
    const value = fields[name];
    if (value === undefined && box.kind === 'optional') continue;
    if (box.kind === 'list') {
      const list = value as readonly { scope: KeyScope; value: unknown }[];
      result[name] = list.map((entry) => ({
        scope: entry.scope,
        value: entry.value === erased ? erased : box.schema.parse(entry.value),
      }));
    } else {
      result[name] = value === erased ? erased : box.schema.parse(value);
    }
  }
  return result;
}

const isList = (value: SealedBox | readonly SealedBox[]): value is readonly SealedBox[] =>
  Array.isArray(value);
