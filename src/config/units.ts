/**
 * Sizes and durations as people write them: `50MiB`, `5m`. A size without a unit is a number of octets; a
 * duration always says its unit, because seconds and milliseconds are too easily confused.
 */
import * as z from 'zod';

const octetsPerUnit: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const msPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const patternFor = (units: Readonly<Record<string, number>>): RegExp =>
  new RegExp(`^[0-9]+(\\.[0-9]+)? ?(${Object.keys(units).join('|')})$`);

const sizePattern = patternFor(octetsPerUnit);
const durationPattern = patternFor(msPerUnit);

const parse = (
  text: string,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined => {
  const unit = pattern.exec(text)?.[2];
  const factor = unit === undefined ? undefined : units[unit];
  if (factor === undefined) return undefined;
  const value = Math.round(Number.parseFloat(text) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
};

/** Octets, or nothing when the text is no size. */
export const parseSize = (text: string): number | undefined => parse(text, sizePattern, octetsPerUnit);

/** Milliseconds, or nothing when the text is no duration. */
export const parseDuration = (text: string): number | undefined => parse(text, durationPattern, msPerUnit);

const sizeExpected = 'a size, such as 50MiB, 800kB or a number of octets';
const durationExpected = 'a duration with its unit, such as 500ms, 30s, 5m, 2h or 1d';

const format = (value: number, units: Readonly<Record<string, number>>, names: readonly string[]): string => {
  const name = names.find((unit) => value >= (units[unit] ?? 1) && value % (units[unit] ?? 1) === 0);
  return name === undefined ? `${value}${names.at(-1)}` : `${value / (units[name] ?? 1)}${name}`;
};

/** The shortest exact form: 52428800 is `50MiB`. */
export const formatSize = (octets: number): string =>
  format(octets, octetsPerUnit, ['GiB', 'MiB', 'KiB', 'B']);

/** The shortest exact form: 300000 is `5m`. */
export const formatDuration = (ms: number): string => format(ms, msPerUnit, ['d', 'h', 'm', 's', 'ms']);

const bounded =
  (
    min: number,
    max: number,
    parseText: (text: string) => number | undefined,
    formatValue: (value: number) => string,
    expected: string,
  ) =>
  (input: string | number, context: z.RefinementCtx): number => {
    const value = typeof input === 'number' ? input : parseText(input);
    if (value !== undefined && value >= min && value <= max) return value;
    const bounds = value === undefined ? '' : `, from ${formatValue(min)} to ${formatValue(max)}`;
    context.addIssue({ code: 'custom', message: `expected ${expected}${bounds}` });
    return z.NEVER;
  };

/** A size in octets between the bounds, both included. */
export const size = (octetsMin: number, octetsMax: number) =>
  z
    .union([z.int().nonnegative(), z.string().regex(sizePattern, { error: `expected ${sizeExpected}` })], {
      error: `expected ${sizeExpected}`,
    })
    .transform(bounded(octetsMin, octetsMax, parseSize, formatSize, sizeExpected))
    .meta({ title: 'size' });

/** A duration in milliseconds between the bounds, both included. */
export const duration = (msMin: number, msMax: number) =>
  z
    .string({ error: `expected ${durationExpected}` })
    .regex(durationPattern, { error: `expected ${durationExpected}` })
    .transform(bounded(msMin, msMax, parseDuration, formatDuration, durationExpected))
    .meta({ title: 'duration' });
