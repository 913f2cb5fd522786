/**
 * The exit codes of the command line, for scripts. Documented in the help (`EXIT CODES`).
 */
export const exitCodes = {
  /** It worked, and the answer is yes. */
  ok: 0,
  /** It worked, and the answer is no: nothing found, a difference, damage, a refusal. */
  negative: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** What the command needs cannot be reached now: the server, the log, the data directory. Try again. */
  unavailable: 3,
  /** A fault of Chancery's own; please report it. */
  fault: 4,
  /** Ended by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
  /** Ended by a request to stop (128 + SIGTERM). */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with a message on stderr and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  /** What the user can do about it, on a line of its own. */
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: ErrorOptions & { readonly hint?: string } = {}) {
    super(message, options);
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}
