/** From whatever a command threw to an exit code and a few lines on standard error. */
import { CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { ControlError, controlCodes } from '../control/control-error.ts';
import { TlsError } from '../tls/tls-error.ts';
import { CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { OutputClosed } from './output.ts';
import { printable } from './terminal-text.ts';

/** Why the signal of the context was aborted. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: ExitCode;

  constructor(signalName: 'SIGINT' | 'SIGTERM') {
    super(`ended by ${signalName}`);
    this.exitCode = signalName === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
  }
}

export interface ErrorReport {
  readonly exitCode: ExitCode;
  /** For standard error; none when there is nothing to say, or nobody to say it to. */
  readonly lines: readonly string[];
}

const name = 'chancery';

const unavailableCodes: readonly string[] = [
  controlCodes.unavailable,
  controlCodes.forbidden,
  controlCodes.lost,
  controlCodes.silent,
  controlCodes.stopping,
  controlCodes.busy,
  controlCodes.alreadyRunning,
];

const faultCodes: readonly string[] = [
  controlCodes.internal,
  controlCodes.protocol,
  controlCodes.unknownCall,
];

const controlExit = (code: string): ExitCode => {
  if (unavailableCodes.includes(code)) return exitCodes.unavailable;
  return faultCodes.includes(code) ? exitCodes.fault : exitCodes.negative;
};

/** An error of the operating system, such as a port that is taken: a matter of the surroundings, no bug. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'errno' in error;

const said = (message: string): string => `${name}: ${message}`;

export const reportError = (error: unknown): ErrorReport => {
  if (error instanceof CommanderError) {
    // commander has written its own words already.
    return { exitCode: error.exitCode === 0 ? exitCodes.ok : exitCodes.usage, lines: [] };
  }
  if (error instanceof OutputClosed) return { exitCode: exitCodes.ok, lines: [] };
  if (error instanceof Interrupted) return { exitCode: error.exitCode, lines: [] };
  if (error instanceof CommandError) {
    const quiet = error.exitCode === exitCodes.interrupted;
    const lines = [said(printable(error.message)), ...(error.hint ? [error.hint] : [])];
    return { exitCode: error.exitCode, lines: quiet ? [] : lines };
  }
  if (error instanceof ConfigError) {
    const lines = [
      said('the configuration is wrong'),
      ...error.message.split('\n').map((line) => `  ${line}`),
    ];
    return { exitCode: exitCodes.usage, lines };
  }
  if (error instanceof TlsError) return { exitCode: exitCodes.usage, lines: [said(error.message)] };
  if (error instanceof ControlError) {
    return { exitCode: controlExit(error.code), lines: [said(printable(error.message))] };
  }
  if (isSystemError(error))
    return { exitCode: exitCodes.unavailable, lines: [said(printable(error.message))] };
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: exitCodes.fault,
    lines: [said('a fault of Chancery itself; please report it with these lines'), ...details.split('\n')],
  };
};
