/**
 * How an event type is declared: its version, the fields that stand in clear, and its boxes: the fields
 * that are sealed, each under the key of one scope. From a declaration the codec knows what to seal, and
 * TypeScript knows the event's data: a box is read as `T | Erased`.
 */
import { z } from 'zod';
import type { KeyScope } from './scope-keys.ts';

/** What a sealed field reads as once its key has been destroyed. */
export interface Erased {
  readonly $erased: true;
}
export const erased: Erased = Object.freeze({ $erased: true });
export const isErased = (value: unknown): value is Erased => value === erased;

export type Personal<T> = T | Erased;

/** One entry of a box list: each under a scope of its own. */
export interface Scoped<T> {
  readonly scope: KeyScope;
  readonly value: Personal<T>;
}

/** What a box's scope may be computed from: the stream's id, the event's time and its clear fields. */
export interface ScopeInput<Clear> {
  readonly streamId: string;
  readonly at: number;
  readonly data: Clear;
}

export interface BoxDefinition<T, Clear> {
  readonly kind: 'one' | 'optional' | 'list';
  readonly schema: z.ZodType<T>;
  readonly scope: (input: ScopeInput<Clear>) => KeyScope;
}

type Shape = Record<string, z.ZodType>;
/** zod infers an empty shape as a record of `never`, which no box would fit into. */
type ClearOf<S extends Shape> = keyof S extends never ? unknown : z.infer<z.ZodObject<S>>;
// biome-ignore lint/suspicious/noExplicitAny: the scope function's input differs from definition to definition
type AnyBox = BoxDefinition<any, any>;
type Boxes = Record<string, AnyBox>;

type BoxData<B extends Boxes> = {
  readonly [K in keyof B as B[K]['kind'] extends 'optional' ? never : K]: B[K] extends BoxDefinition<
    infer T,
    infer _
  >
    ? B[K]['kind'] extends 'list'
      ? readonly Scoped<T>[]
      : Personal<T>
    : never;
} & {
  readonly [K in keyof B as B[K]['kind'] extends 'optional' ? K : never]?: B[K] extends BoxDefinition<
    infer T,
    infer _
  >
    ? Personal<T>
    : never;
};

export interface EventDefinition<
  Type extends string = string,
  S extends Shape = Shape,
  B extends Boxes = Boxes,
> {
  readonly type: Type;
  readonly version: number;
  readonly clear: z.ZodObject<S>;
  readonly boxes: B;
  readonly boxEntries: readonly (readonly [string, AnyBox])[];
  /** From the key's version to the next one, over the whole opened data. */
  readonly upcasters: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

export type DataOf<D> =
  D extends EventDefinition<infer _, infer S, infer B> ? Readonly<ClearOf<S>> & BoxData<B> : never;
export type EventOf<D> =
  D extends EventDefinition<infer Type, infer _, infer _B>
    ? { readonly type: Type; readonly data: DataOf<D> }
    : never;

export function defineEvent<Type extends string, S extends Shape, B extends Boxes = Record<never, AnyBox>>(
  type: Type,
  definition: { version: number; clear: S; boxes?: B; upcasters?: EventDefinition['upcasters'] },
): EventDefinition<Type, S, B> {
  const boxes = definition.boxes ?? ({} as B);
  return {
    type,
    version: definition.version,
    clear: z.object(definition.clear),
    boxes,
    boxEntries: Object.entries(boxes),
    upcasters: definition.upcasters ?? {},
  };
}

type ScopeOf<Clear> = (input: ScopeInput<Clear>) => KeyScope;

/** A box that is always there. */
export const box = <T, Clear = Record<string, never>>(schema: z.ZodType<T>, scope: ScopeOf<Clear>) =>
  ({ kind: 'one' as const, schema, scope }) satisfies BoxDefinition<T, Clear>;

export const optionalBox = <T, Clear = Record<string, never>>(schema: z.ZodType<T>, scope: ScopeOf<Clear>) =>
  ({ kind: 'optional' as const, schema, scope }) satisfies BoxDefinition<T, Clear>;

/** A list of boxes, each with the scope that its entry names. */
export const boxList = <T>(schema: z.ZodType<T>) =>
  ({
    kind: 'list' as const,
    schema,
    scope: () => {
      throw new TypeError('a box list names the scope with each entry');
    },
  }) satisfies BoxDefinition<T, never>;
