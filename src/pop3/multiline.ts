/**
 * A message as a multi-line response (RFC 1939 section 3): a line that begins with a dot gets another one, and the last
 * line is a dot. A line is what ends in CRLF, and nothing else: a bare LF or CR is an octet like any other and goes out
 * as it is stored, as does a dot behind it, so that un-stuffing gives the stored octets back. A message that does not
 * end with CRLF gets one before the final dot; an empty message does not.
 *
 * Assumes nothing of the octets; holds one chunk at a time. What reading the message throws comes through.
 */

const lf = 0x0a;
const cr = 0x0d;
const dot = 0x2e;

interface Place {
  atLineStart: boolean;
  previous: number;
  /** Whole lines of the body so far; undefined in the header. */
  bodyLines: number | undefined;
  /** Octets of the header's line so far. */
  lineLength: number;
}

/** Yields the stuffed message, the final dot included. `bodyLines` bounds what follows the header (TOP). */
export async function* stuffed(
  message: AsyncIterable<Uint8Array>,
  bodyLines: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer, void, void> {
  const place: Place = { atLineStart: true, previous: 0, bodyLines: undefined, lineLength: 0 };
  for await (const chunk of message) {
    const { octets, isEnough } = stuffChunk(chunk, place, bodyLines);
    if (octets.length > 0) yield octets;
    if (isEnough) break;
  }
  yield Buffer.from(place.atLineStart ? '.\r\n' : '\r\n.\r\n');
}

function stuffChunk(chunk: Uint8Array, place: Place, bodyLinesMax: number) {
  // At most every third octet is a dot that begins a line, and one more where the chunk begins.
  const target = Buffer.allocUnsafe(chunk.length + Math.ceil(chunk.length / 3) + 1);
  let length = 0;
  for (const octet of chunk) {
    if (place.atLineStart && octet === dot) target[length++] = dot;
    target[length++] = octet;
    place.atLineStart = octet === lf && place.previous === cr;
    place.previous = octet;
    place.lineLength++;
    if (!place.atLineStart) continue;
    if (place.bodyLines !== undefined) place.bodyLines++;
    // The empty line that ends the header is CRLF and nothing else (RFC 5322 section 2.1).
    else if (place.lineLength === 2) place.bodyLines = 0;
    place.lineLength = 0;
    if (place.bodyLines !== undefined && place.bodyLines >= bodyLinesMax)
      return { octets: target.subarray(0, length), isEnough: true };
  }
  return { octets: target.subarray(0, length), isEnough: false };
}
