/** What a command comes to: its tagged reply, and what happens to the connection after it. */
import type { ResponseCode } from '../responses/response-code.ts';

export interface Outcome {
  readonly status: 'OK' | 'NO' | 'BAD';
  readonly text: string;
  readonly code?: ResponseCode;
  /** What follows the reply. */
  readonly after?: 'start-tls' | 'end';
  /** Why the session ends, with `after: 'end'`; a BYE goes out first when there is one. */
  readonly reason?: string;
  readonly bye?: string;
  /** Changes that this command's own responses have told already. */
  readonly told?: Told;
}

/** Flag changes of these messages up to this modseq are known to the client. */
export interface Told {
  readonly uids: ReadonlySet<number> | 'all';
  readonly upToModseq: number;
}

export function ok(text: string, code?: ResponseCode): Outcome {
  return code === undefined ? { status: 'OK', text } : { status: 'OK', text, code };
}

export function no(text: string, code?: ResponseCode): Outcome {
  return code === undefined ? { status: 'NO', text } : { status: 'NO', text, code };
}

export function bad(text: string, code?: ResponseCode): Outcome {
  return code === undefined ? { status: 'BAD', text } : { status: 'BAD', text, code };
}
