/** A view cannot answer, or not yet: a temporary error for whoever asked, never a final one. */

/** `late`: the view has not come far enough in time. `broken`: it cannot go on, see the message.
 * `crashed`: the worker ended; another is started. `overloaded`: too much waits already. `failed`: this one
 * question went wrong. */
export type ViewsFault = 'late' | 'broken' | 'crashed' | 'overloaded' | 'failed' | 'closed';

export class ViewsUnavailable extends Error {
  override readonly name = 'ViewsUnavailable';
  readonly fault: ViewsFault;
  constructor(fault: ViewsFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
