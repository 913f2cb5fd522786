/**
 * What responses are made of until they are octets on the wire. Most are text alone, an octet string with
 * one char per octet (write it as latin1). FETCH may also carry literals whose octets come from a store while
 * they are sent; only their length has to be known before.
 *
 * A literal that ends early or late cannot be mended on the wire, since its length was announced: it is
 * `LiteralLengthMismatch`, ours, and the connection must be closed. No octet over the announced length is
 * sent.
 */
import { Buffer } from 'node:buffer';
import { limits } from '../../limits.ts';
import type { OctetString } from '../grammar/command-parts.ts';

/** Octets of known length that arrive when they are asked for. */
export interface OctetSource {
  readonly length: number;
  open(): AsyncIterable<Uint8Array>;
}

/** The octets of a literal, after its announcement in the text before. */
export interface LiteralOctets {
  readonly source: Uint8Array | OctetSource;
  /** A literal8. In any other, NUL goes out as 0x80 (RFC 3501 section 9, CHAR8, has no NUL). */
  readonly binary: boolean;
}

export type ResponsePiece = OctetString | LiteralOctets;

/** One or more whole response lines with their CRLF. */
export type Response = readonly ResponsePiece[];

export class LiteralLengthMismatch extends Error {
  override readonly name = 'LiteralLengthMismatch';
  readonly announcedOctets: number;
  readonly givenOctets: number;

  constructor(announcedOctets: number, givenOctets: number) {
    super(`a literal announced with ${announcedOctets} octets had ${givenOctets} or more`);
    this.announcedOctets = announcedOctets;
    this.givenOctets = givenOctets;
  }
}

/** `~{n}` or `{n}`, its CRLF, and the octets. */
export function literal(source: Uint8Array | OctetSource, binary: boolean): Response {
  return [`${binary ? '~' : ''}{${source.length}}\r\n`, { source, binary }];
}

/** The response's octets when all of them are here; undefined when some must be awaited. */
export function responseOctets(response: Response): Uint8Array | undefined {
  const chunks: Uint8Array[] = [];
  for (const piece of response) {
    if (typeof piece === 'string') chunks.push(Buffer.from(piece, 'latin1'));
    else if (piece.source instanceof Uint8Array) chunks.push(sendable(piece.source, piece.binary));
    else return undefined;
  }
  return Buffer.concat(chunks);
}

/**
 * The response as chunks, read no faster than they are taken. Text is joined to chunks of about
 * `limits.imap.responseChunkOctets`. Throws `LiteralLengthMismatch`, and whatever a source throws.
 */
export async function* responseChunks(response: Response): AsyncGenerator<Uint8Array> {
  let text = '';
  for (const piece of response) {
    if (typeof piece === 'string') {
      text += piece;
      if (text.length < limits.imap.responseChunkOctets) continue;
    }
    if (text !== '') yield Buffer.from(text, 'latin1');
    text = '';
    if (typeof piece === 'string') continue;
    if (piece.source instanceof Uint8Array) yield sendable(piece.source, piece.binary);
    else yield* sourceChunks(piece.source, piece.binary);
  }
  if (text !== '') yield Buffer.from(text, 'latin1');
}

async function* sourceChunks(source: OctetSource, binary: boolean): AsyncGenerator<Uint8Array> {
  let given = 0;
  for await (const chunk of source.open()) {
    given += chunk.length;
    if (given > source.length) throw new LiteralLengthMismatch(source.length, given);
    if (chunk.length > 0) yield sendable(chunk, binary);
  }
  if (given !== source.length) throw new LiteralLengthMismatch(source.length, given);
}

/** The chunk, or a copy with each NUL as 0x80. */
function sendable(chunk: Uint8Array, binary: boolean): Uint8Array {
  if (binary || !chunk.includes(0)) return chunk;
  const copy = Uint8Array.from(chunk);
  for (let at = copy.indexOf(0); at !== -1; at = copy.indexOf(0, at + 1)) copy[at] = 0x80;
  return copy;
}
