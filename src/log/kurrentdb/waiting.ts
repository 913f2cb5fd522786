/** Small tools for bounded waits. */
import { setTimeout as sleep } from 'node:timers/promises';

export const late = Symbol('late');

/** What the promise resolves with, or `late` after the given time. The promise itself goes on. */
export async function within<Value>(
  milliseconds: number,
  promise: Promise<Value>,
): Promise<Value | typeof late> {
  const timer = Promise.withResolvers<typeof late>();
  const timeout = setTimeout(timer.resolve, Math.max(0, milliseconds), late);
  try {
    return await Promise.race([promise, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/** Doubles with each failure, up to the maximum, and strays by half: many clients must not come back at once. */
export function backOffMs(failures: number, minimum: number, maximum: number): number {
  const full = Math.min(maximum, minimum * 2 ** Math.min(failures, 20));
  return full * (0.5 + Math.random() / 2);
}

/** Ends early, without an error, when the signal is given. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Runs at most `most` at once; at most `waitingMost` wait for their turn, the next is told `overflow`. */
export interface Slots {
  run<Value>(work: () => Promise<Value>): Promise<Value>;
}

export function createSlots(most: number, waitingMost: number, overflow: () => Error): Slots {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running >= most) {
        if (waiting.length >= waitingMost) throw overflow();
        await new Promise<void>((resolve) => void waiting.push(resolve));
      } else {
        running += 1;
      }
      try {
        return await work();
      } finally {
        // The place goes straight to the next, so that nobody can slip in between.
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
