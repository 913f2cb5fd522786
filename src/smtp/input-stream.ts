/**
 * What comes from the socket, cut into command lines and the octets of messages. It stands in for
 * smtp-server's SMTPStream, whose parser takes a bare LF for a line end and emits an event for each
 * dot: nothing of that parser is used, only its place between socket and connection.
 *
 * One thing at a time: a line or a chunk is handled before the next is looked at, and the socket waits
 * meanwhile. Memory is one chunk and one line of at most `limits.smtp.authLineOctetsMax`. After a full
 * turn of pipelined commands or message octets other connections get theirs.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { limits } from '../limits.ts';
import type { LineEnding } from './conversation.ts';

interface InputHandlers {
  /** Every chunk, before anything else is done with it. */
  onOctets(count: number): void;
  /** None of the handlers may reject; a rejection is reported to `onError`. */
  onLine(line: string, ending: LineEnding): Promise<void>;
  /** Octets that came in clear behind STARTTLS, or behind the last command: never looked at. */
  onDiscarded(count: number): void;
  /** A line that does not end. */
  onEndlessLine(): void;
  onError(error: unknown): void;
}

/** Takes the octets of a message; resolves with how many it used when the end of data was among them,
 * after its verdict has been sent. */
type DataSink = (octets: Uint8Array) => Promise<number | undefined>;

const LF = 0x0a;
const CR = 0x0d;

export class SmtpInputStream extends SMTPStream {
  readonly #handlers: InputHandlers;
  #sink: DataSink | undefined;
  #line: Buffer[] = [];
  #lineOctets = 0;
  #linesThisTurn = 0;
  #dataOctetsThisTurn = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(handlers: InputHandlers) {
    super();
    this.#handlers = handlers;
  }

  /** What follows is a message. */
  beginData(sink: DataSink): void {
    this.#sink = sink;
  }

  /** Resolves when nothing is being handled any more. */
  idle(): Promise<void> {
    return this.#work;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding | 'buffer', next: () => void): void {
    this.#handlers.onOctets(chunk.length);
    this.#work = this.#consume(chunk).then(next, (error: unknown) => {
      this.isClosed = true;
      this.#handlers.onError(error);
      next();
    });
  }

  /** A line that never got its end is no command (RFC 5321 section 2.3.8). */
  override _flushData(): void {
    this.#line = [];
  }

  async #consume(chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.isClosed) return this.#handlers.onDiscarded(rest.length);
      const sink = this.#sink;
      if (sink === undefined) {
        rest = await this.#consumeLine(rest);
        continue;
      }
      const used = await sink(rest);
      await this.#shareTurn({ lines: 0, dataOctets: used ?? rest.length });
      if (used === undefined) return;
      if (this.#sink === sink) this.#sink = undefined;
      rest = rest.subarray(used);
    }
  }

  async #consumeLine(rest: Buffer): Promise<Buffer> {
    const end = rest.indexOf(LF);
    this.#keep(end < 0 ? rest : rest.subarray(0, end));
    if (end < 0) {
      if (this.#lineOctets > limits.smtp.skippedLineOctetsMax) this.#handlers.onEndlessLine();
      return rest.subarray(rest.length);
    }
    const { line, ending } = this.#takeLine();
    await this.#handlers.onLine(line, ending);
    await this.#shareTurn({ lines: 1, dataOctets: 0 });
    return rest.subarray(end + 1);
  }

  /** libuv reads a busy socket many times before it looks at another. */
  async #shareTurn(done: { readonly lines: number; readonly dataOctets: number }): Promise<void> {
    this.#linesThisTurn += done.lines;
    this.#dataOctetsThisTurn += done.dataOctets;
    const { commandsPerTurnMax, dataOctetsPerTurnMax } = limits.smtp;
    if (this.#linesThisTurn < commandsPerTurnMax && this.#dataOctetsThisTurn < dataOctetsPerTurnMax) return;
    this.#linesThisTurn = 0;
    this.#dataOctetsThisTurn = 0;
    await nextTurn();
  }

  #keep(octets: Buffer): void {
    if (this.#lineOctets <= limits.smtp.authLineOctetsMax) {
      // A copy: the piece may be a few octets of a large chunk.
      this.#line.push(Buffer.from(octets.subarray(0, limits.smtp.authLineOctetsMax + 2)));
    }
    this.#lineOctets += octets.length;
  }

  #takeLine(): { readonly line: string; readonly ending: LineEnding } {
    const octets = this.#line.length === 1 ? (this.#line[0] as Buffer) : Buffer.concat(this.#line);
    const tooLong = this.#lineOctets > limits.smtp.authLineOctetsMax + 1;
    this.#line = [];
    this.#lineOctets = 0;
    if (tooLong) return { line: octets.toString('latin1'), ending: 'too-long' };
    if (octets.at(-1) !== CR) return { line: octets.toString('latin1'), ending: 'lf' };
    return { line: octets.toString('latin1', 0, octets.length - 1), ending: 'crlf' };
  }
}
