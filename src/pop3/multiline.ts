/**
 * A message as a multi-line response (RFC 1939 section 3): lines end with CRLF, a line that begins with a dot gets
 * another, the last line is a dot. A bare LF or CR is no line end: the octets go out as they are stored. A message that
 * does not end with CRLF gets one.
 */

const lf = 0x0a;
const cr = 0x0d;
const dot = 0x2e;

/** Yields the stuffed message, final dot included. `bodyLines` bounds what follows the header (TOP). */
export async function* stuffed(
  message: AsyncIterable<Uint8Array>,
  bodyLines = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  let atLineStart = true;
  let previous = 0;
  /** Lines since the header's end; below zero as long as it lasts. */
  let lines = -1;
  let lineEmpty = true;
  for await (const chunk of message) {
    const pieces: Uint8Array[] = [];
    let from = 0;
    let ended = false;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at] as number;
      if (atLineStart && octet === dot) {
        pieces.push(chunk.subarray(from, at), Buffer.from('.'));
        from = at;
      }
      atLineStart = octet === lf && previous === cr;
      if (atLineStart) {
        if (lines >= 0) lines++;
        else if (lineEmpty) lines = 0;
        lineEmpty = true;
        if (lines >= bodyLines) {
          pieces.push(chunk.subarray(from, at + 1));
          from = at + 1;
          ended = true;
          break;
        }
      } else if (octet !== cr) lineEmpty = false;
      previous = octet;
    }
    if (!ended) pieces.push(chunk.subarray(from));
    if (chunk.length > 0) yield Buffer.concat(pieces);
    if (ended) break;
  }
  yield Buffer.from(atLineStart ? '.\r\n' : '\r\n.\r\n');
}
