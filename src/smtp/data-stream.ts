/**
 * The DATA phase as octets (RFC 5321 sections 4.1.1.4 and 4.5.2): undoes dot-stuffing, finds the end of
 * the data at exactly CRLF.CRLF, and notices every CR and LF that is not half of a CRLF.
 *
 * A line begins after CRLF and nowhere else, so no other server's idea of a line end can smuggle a
 * second message past this one. The policy for a bare CR or LF:
 * - `refuse`: it is noticed, and from there on nothing more comes out; only the end of data is looked for.
 * - `normalize`: it becomes CRLF in the content. It still begins no line on the wire: a dot after it is
 *   content and ends nothing.
 *
 * One step for each octet and one buffer for each chunk, whatever the octets are: a flood of dots or of
 * empty lines costs what its length costs. At most one CR is held back between chunks.
 */
export type BareNewlines = 'refuse' | 'normalize';

interface DataStep {
  /** Content octets, a buffer of their own. */
  readonly content: Uint8Array;
  /** Octets of the chunk used, when the end of data was in it. What follows is the next command. */
  readonly endedAt?: number;
}

interface DataDecoder {
  push(chunk: Uint8Array): DataStep;
  /** A bare CR or LF has been seen. */
  readonly sawBareNewline: boolean;
}

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** What has been read of the line so far. A dot that begins a line is dropped at once; a CR waits. */
const atLineStart = 0;
const inLine = 1;
const afterCr = 2;
const afterDot = 3;
const afterDotCr = 4;

export function createDataDecoder(bareNewlines: BareNewlines): DataDecoder {
  // The CRLF that ended the DATA command counts as the first of CRLF.CRLF (RFC 5321 section 4.1.1.4).
  let heldState = atLineStart;
  let sawBareNewline = false;
  // An octet may come out as two where a bare one becomes CRLF; a refused message has no content.
  const growth = bareNewlines === 'normalize' ? 2 : 1;
  const refuses = bareNewlines === 'refuse';

  function push(chunk: Uint8Array): DataStep {
    const out = Buffer.allocUnsafe(chunk.length * growth + 2);
    // What the loop touches is local: it runs once for each octet of all mail.
    let state = heldState;
    let length = 0;
    let bare = false;
    let endedAt: number | undefined;
    for (let index = 0; index < chunk.length; index += 1) {
      const octet = chunk[index] as number;
      if (state === inLine && octet !== CR && octet !== LF) {
        out[length++] = octet;
        continue;
      }
      const waitingCr = state === afterCr || state === afterDotCr;
      if (waitingCr !== (octet === LF)) {
        // The CR that waited was bare, or this LF is.
        bare = true;
        if (refuses) length = 0;
        out[length++] = CR;
        out[length++] = LF;
        state = inLine;
        if (octet === LF) continue;
      } else if (octet === LF) {
        if (state === afterDotCr) {
          endedAt = index + 1;
          break;
        }
        out[length++] = CR;
        out[length++] = LF;
        state = atLineStart;
        continue;
      }
      if (octet === CR) {
        state = state === afterDot ? afterDotCr : afterCr;
      } else if (octet === DOT && state === atLineStart) {
        state = afterDot;
      } else {
        out[length++] = octet;
        state = inLine;
      }
    }
    heldState = state;
    sawBareNewline ||= bare;
    const content = out.subarray(0, refuses && sawBareNewline ? 0 : length);
    return endedAt === undefined ? { content } : { content, endedAt };
  }

  return {
    push,
    get sawBareNewline() {
      return sawBareNewline;
    },
  };
}
