/**
 * Passwords come from a prompt without echo, or with `--password-stdin` from standard input; never from an
 * argument, which every user of the machine can read. The prompt stands on standard error, so that standard
 * output stays clean.
 */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { limits } from '../limits.ts';
import { CommandError, exitCodes } from './exit-codes.ts';
import type { OutputStream } from './output.ts';

/** What we need of `process.stdin`. */
export interface InputStream extends Readable {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
}

export interface PasswordOptions {
  /** `--password-stdin` was given. */
  readonly fromStdin: boolean;
  /** Ask a second time: for a new password. */
  readonly confirm?: boolean;
  readonly prompt?: string;
  readonly stdin: InputStream;
  readonly stderr: OutputStream;
}

const usage = (message: string): CommandError => new CommandError(exitCodes.usage, message);

const tooLong = (): CommandError => usage(`the password is over ${limits.cli.passwordOctetsMax} octets`);

const checked = (password: string): string => {
  if (password === '') throw usage('the password is empty');
  if (Buffer.byteLength(password) > limits.cli.passwordOctetsMax) throw tooLong();
  return password;
};

/** All of standard input but one line end, as other tools with such an option do it. */
const readAll = async (stdin: InputStream): Promise<string> => {
  const lineEndOctets = 2;
  const chunks: Buffer[] = [];
  let octets = 0;
  for await (const chunk of stdin) {
    const piece = Buffer.from(chunk);
    octets += piece.length;
    if (octets > limits.cli.passwordOctetsMax + lineEndOctets) throw tooLong();
    chunks.push(piece);
  }
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text)) throw usage('expected one line with the password on standard input');
  return checked(text);
};

const keys = {
  interrupt: '\u0003',
  endOfFile: '\u0004',
  backspace: '\b',
  enter: '\r',
  lineFeed: '\n',
  eraseLine: '\u0015',
  escape: '\u001b',
  delete: '\u007f',
} as const;

/** One line from a terminal in raw mode; nothing of it is shown. */
const readHidden = (prompt: string, stdin: InputStream, stderr: OutputStream): Promise<string> =>
  new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8');
    let typed: string[] = [];
    const settle = (finish: () => void): void => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write('\n');
      finish();
    };
    const interrupted = (): void =>
      settle(() => reject(new CommandError(exitCodes.interrupted, 'interrupted')));
    const onEnd = (): void => settle(() => reject(usage('no password was given')));
    /** Whether the line is at its end. */
    const take = (key: string): boolean => {
      if (key === keys.enter || key === keys.lineFeed) settle(() => resolve(typed.join('')));
      else if (key === keys.interrupt) interrupted();
      else if (key === keys.endOfFile && typed.length === 0) onEnd();
      else {
        if (key === keys.backspace || key === keys.delete) typed.pop();
        else if (key === keys.eraseLine) typed = [];
        // Other control characters are no part of a password.
        else if (key >= ' ' && typed.length <= limits.cli.passwordOctetsMax) typed.push(key);
        return false;
      }
      return true;
    };
    const onData = (chunk: Buffer | string): void => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
      // An arrow or function key arrives as one escape sequence: none of it was meant as text.
      if (text.startsWith(keys.escape)) return;
      const typedKeys = [...text];
      const end = typedKeys.findIndex(take);
      // What was typed ahead belongs to the next question.
      const rest = end === -1 ? '' : typedKeys.slice(end + 1).join('');
      if (rest !== '') stdin.unshift(Buffer.from(rest));
    };
    stderr.write(prompt);
    stdin.setRawMode?.(true);
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.resume();
  });

/** Throws `CommandError`: `usage` for what cannot be a password, `interrupted` on Ctrl-C. */
export const readPassword = async (options: PasswordOptions): Promise<string> => {
  const { stdin, stderr, prompt = 'Password: ' } = options;
  if (options.fromStdin) return readAll(stdin);
  if (stdin.isTTY !== true) {
    throw new CommandError(exitCodes.usage, 'there is no terminal to ask for the password on', {
      hint: 'Give it on standard input with --password-stdin.',
    });
  }
  const password = checked(await readHidden(prompt, stdin, stderr));
  if (options.confirm && (await readHidden('Once more: ', stdin, stderr)) !== password) {
    throw usage('the two passwords differ');
  }
  return password;
};
