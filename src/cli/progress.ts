/**
 * How far a long command is, on standard error. On a terminal: a bar with rate and time left, drawn again at
 * most ten times a second and wiped at the end. Elsewhere: a plain line every half minute. At the end a line
 * with the total, the time and the rate, in both.
 */
import { formatDuration } from '../config/units.ts';
import type { OutputStream } from './output.ts';
import { truncate } from './terminal-text.ts';

export interface Progress {
  /** @param done how many so far; @param total when it is known only now, or has grown */
  update(done: number, total?: number): void;
  /** Wipes the bar and writes the closing line. */
  finish(): void;
  /** Wipes the bar and writes nothing: an error follows. */
  abandon(): void;
}

export interface ProgressOptions {
  /** What is being done, such as `replay trace`. */
  readonly label: string;
  /** What is counted, such as `events`. */
  readonly unit: string;
  readonly total?: number | undefined;
  readonly stream: OutputStream;
  /** Milliseconds, monotonic; the clock when not given. */
  readonly now?: () => number;
}

const drawIntervalMs = 100;
const lineIntervalMs = 30_000;
const barColumns = 24;
/** For a terminal that does not say how wide it is, or says 0. */
const terminalColumns = 80;

const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** `850ms`, `12s`, `3m 20s`, `2h 5m`: two units at most. */
export const durationText = (ms: number): string => {
  if (ms < 1000) return formatDuration(Math.round(ms));
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return minutes > 0 ? `${hours}h ${minutes}m` : `${hours}h`;
  if (minutes > 0) return rest > 0 ? `${minutes}m ${rest}s` : `${minutes}m`;
  return `${rest}s`;
};

const rateText = (done: number, ms: number): string =>
  ms > 0 ? `${number.format((done * 1000) / ms)}/s` : '';

const bar = (share: number): string => {
  const filled = Math.round(share * barColumns);
  return `[${'#'.repeat(filled)}${'-'.repeat(barColumns - filled)}]`;
};

/** The state in one line, as both kinds of output show it. */
const stateText = (options: ProgressOptions, done: number, total: number | undefined, ms: number): string => {
  const { label, unit } = options;
  const rate = rateText(done, ms);
  if (total === undefined || total <= 0) return `${label}  ${number.format(done)} ${unit}  ${rate}`;
  const share = Math.min(1, done / total);
  const left = done > 0 && share < 1 ? `  ${durationText((ms * (total - done)) / done)} left` : '';
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const counts = `${number.format(done)}/${number.format(total)} ${unit}`;
  return `${label}  ${bar(share)} ${percent}  ${counts}  ${rate}${left}`;
};

export const createProgress = (options: ProgressOptions): Progress => {
  const { label, unit, stream } = options;
  const now = options.now ?? (() => performance.now());
  const tty = stream.isTTY === true;
  const startedAt = now();
  let { total } = options;
  let done = 0;
  let shownAt = startedAt - (tty ? drawIntervalMs : 0);
  let drawn = false;

  const wipe = (): void => {
    if (drawn) stream.write('\r\u001b[K');
    drawn = false;
  };
  const show = (at: number): void => {
    shownAt = at;
    const text = stateText(options, done, total, at - startedAt);
    if (!tty) {
      stream.write(`${text}\n`);
      return;
    }
    stream.write(`\r${truncate(text, (stream.columns || terminalColumns) - 1)}\u001b[K`);
    drawn = true;
  };
  return {
    update: (soFar, newTotal) => {
      done = soFar;
      total = newTotal ?? total;
      const at = now();
      if (at - shownAt >= (tty ? drawIntervalMs : lineIntervalMs)) show(at);
    },
    finish: () => {
      wipe();
      const ms = now() - startedAt;
      const rate = rateText(done, ms);
      stream.write(
        `${label}: ${number.format(done)} ${unit} in ${durationText(ms)}${rate === '' ? '' : ` (${rate})`}\n`,
      );
    },
    abandon: wipe,
  };
};
