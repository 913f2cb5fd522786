/**
 * The protocol of the control socket: JSON, one object a line, UTF-8. One call a connection, so that
 * back-pressure is the socket's own and hanging up is how a client cancels.
 *
 *     server: {"chancery":1,"pid":4711}
 *     client: {"call":"trace","args":{...}}
 *     server: {"item":...} for each result, then {"end":true} or {"error":{"code":"...","message":"..."}}
 */
import * as z from 'zod';
import { ControlError, controlCodes } from './control-error.ts';

export const protocolVersion = 1;

export const greetingSchema = z.object({ chancery: z.literal(protocolVersion), pid: z.int() });
export const requestSchema = z.strictObject({ call: z.string().min(1).max(200), args: z.unknown() });
export const resultSchema = z.union([
  z.strictObject({ item: z.unknown() }).refine((message) => 'item' in message),
  z.strictObject({ end: z.literal(true) }),
  z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) }),
]);

export const encodeLine = (message: object): Buffer => Buffer.from(`${JSON.stringify(message)}\n`);

/** Throws `ControlError` (`protocol`) when the line is no such message. */
export const decodeLine = <T>(line: Uint8Array, schema: z.ZodType<T>): T => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch (error) {
    throw new ControlError(controlCodes.protocol, 'expected one JSON object a line', { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new ControlError(controlCodes.protocol, 'expected a message of the control protocol');
  return parsed.data;
};

const lineFeed = 0x0a;

/** Cuts octets into lines as they come; a line over its bound is a `ControlError` (`too-large`). */
export const createLineSplitter = (octetsMax: number): ((chunk: Uint8Array) => readonly Uint8Array[]) => {
  let pieces: Uint8Array[] = [];
  let octets = 0;
  const add = (piece: Uint8Array): void => {
    octets += piece.length;
    if (octets > octetsMax)
      throw new ControlError(controlCodes.tooLarge, `a line is over ${octetsMax} octets`);
    pieces.push(piece);
  };
  return (chunk) => {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      add(chunk.subarray(start, end));
      lines.push(pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces));
      pieces = [];
      octets = 0;
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
    return lines;
  };
};
