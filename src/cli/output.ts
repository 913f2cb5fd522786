/**
 * Standard output for results and standard error for everything else. Writing waits while the reader is
 * slow. When the reader is gone (`chancery events | head`) writing throws `OutputClosed`, which ends the
 * command without a word: nobody is there to read one.
 */
import type { Writable } from 'node:stream';
import { type Column, formatTable } from './table.ts';
import { jsonLine } from './terminal-text.ts';

export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** What we need of `process.stdout` and `process.stderr`. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Output {
  readonly isTty: boolean;
  /** The terminal's width; `undefined` when it is none, so that nothing is cut off. */
  readonly columns: number | undefined;
  /** Text as it is: text from strangers must go through `printable` first. */
  write(text: string): Promise<void>;
  line(text?: string): Promise<void>;
  /** One value as JSON on a line of its own. */
  json(value: unknown): Promise<void>;
  /** Resolves when everything written so far was taken; throws as writing does. */
  flush(): Promise<void>;
  /** An aligned table; cells are made printable. */
  table(
    columns: readonly Column[],
    rows: readonly (readonly (string | number | undefined)[])[],
  ): Promise<void>;
}

/** @param onClosed called once when the reader is gone */
export const createOutput = (stream: OutputStream, onClosed: (reason: OutputClosed) => void): Output => {
  let closed: OutputClosed | undefined;
  let failed: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (closed || failed) return;
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') {
      closed = new OutputClosed('the reader of the output is gone', { cause: error });
      onClosed(closed);
    } else failed = error;
  });
  const check = (): void => {
    if (closed) throw closed;
    if (failed) throw failed;
  };
  const write = async (text: string): Promise<void> => {
    check();
    if (!stream.write(text)) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          for (const name of ['drain', 'error', 'close']) stream.off(name, done);
          resolve();
        };
        for (const name of ['drain', 'error', 'close']) stream.on(name, done);
      });
    }
    check();
  };
  // A terminal that does not know its width says 0.
  const columnsNow = (): number | undefined =>
    stream.isTTY === true && stream.columns ? stream.columns : undefined;
  return {
    isTty: stream.isTTY === true,
    get columns() {
      return columnsNow();
    },
    write,
    line: (text = '') => write(`${text}\n`),
    flush: async () => {
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
      check();
    },
    json: (value) => write(`${jsonLine(value)}\n`),
    table: async (columns, rows) => {
      await write(`${formatTable(columns, rows, columnsNow()).join('\n')}\n`);
    },
  };
};
