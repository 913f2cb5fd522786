/** Streams that stand in for those of a process. */
import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import type { OutputStream } from '../../src/cli/output.ts';
import type { InputStream } from '../../src/cli/password.ts';

export interface FakeOutput extends OutputStream {
  text(): string;
}

export const fakeOutput = (
  options: { readonly tty?: boolean; readonly columns?: number } = {},
): FakeOutput => {
  let text = '';
  const stream = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  return Object.assign(stream, {
    isTTY: options.tty ?? false,
    columns: options.columns,
    text: () => text,
  });
};

export interface FakeInput extends InputStream {
  write(text: string | Uint8Array): boolean;
  end(text?: string): unknown;
  /** Every call of `setRawMode`. */
  readonly rawModes: readonly boolean[];
}

export const fakeInput = (options: { readonly tty?: boolean } = {}): FakeInput => {
  const rawModes: boolean[] = [];
  return Object.assign(new PassThrough(), {
    isTTY: options.tty ?? false,
    rawModes,
    setRawMode: (raw: boolean) => rawModes.push(raw),
  });
};

/** The signals of a process, and whether it was told to exit. */
export const fakeProcess = () => {
  const exits: number[] = [];
  return Object.assign(new EventEmitter(), { exits, exit: (code: number) => void exits.push(code) });
};
