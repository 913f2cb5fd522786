/**
 * What goes wrong between the command line and the running server, and what a handler there refuses.
 * Code and message cross the socket; nothing else of an error does.
 */

/** Codes of the connection itself. Handlers add their own, such as `unknown-account`. */
export const controlCodes = {
  /** No server took the connection, though there was one a moment ago. */
  unavailable: 'unavailable',
  /** This user may not use the socket. */
  forbidden: 'forbidden',
  /** The server went away before the answer was complete. */
  lost: 'lost',
  /** The server took the connection and then said nothing. */
  silent: 'silent',
  /** The server is shutting down. */
  stopping: 'stopping',
  /** The server runs as many calls as it may. */
  busy: 'busy',
  /** A request or a result is over its bound. */
  tooLarge: 'too-large',
  /** What came is no message of this protocol. */
  protocol: 'protocol',
  /** The server knows no such call. */
  unknownCall: 'unknown-call',
  /** A fault of the server's; its log has the details. */
  internal: 'internal',
  /** Another server owns the socket. */
  alreadyRunning: 'already-running',
  /** Neither the data directory nor the folder for temporary files has a path short enough. */
  pathTooLong: 'path-too-long',
} as const;

export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
