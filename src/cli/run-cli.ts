/**
 * Runs the command line: parses it, gives the command its context, and turns whatever comes out into an exit
 * code. Never throws and never ends the process, but for a second Ctrl-C.
 */
import { readFileSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import type { CliCommand, CliContext } from './command.ts';
import { type CommandError, type ExitCode, exitCodes } from './exit-codes.ts';
import { createOutput, type OutputStream } from './output.ts';
import { type InputStream, readPassword } from './password.ts';
import { createProgram } from './program.ts';
import { createProgress, type Progress } from './progress.ts';
import { Interrupted, reportError } from './report-error.ts';

/** What we need of `process`. */
interface ProcessLike {
  on(name: 'SIGINT' | 'SIGTERM', listener: (name: 'SIGINT' | 'SIGTERM') => void): unknown;
  off(name: 'SIGINT' | 'SIGTERM', listener: (name: 'SIGINT' | 'SIGTERM') => void): unknown;
  exit(code: number): void;
}

export interface CliOptions {
  readonly commands: readonly CliCommand[];
  /** Without the runtime and the script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** For its signals. */
  readonly process: ProcessLike;
  /** Names the errors of the folders that the frame does not know; `undefined` leaves one as it is. */
  readonly mapError?: (error: unknown) => CommandError | undefined;
}

const ownVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

/** Aborts on the first signal; the second ends the process at once. */
const listenToSignals = (from: ProcessLike, abort: AbortController): (() => void) => {
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    const reason = new Interrupted(name);
    if (abort.signal.reason instanceof Interrupted) from.exit(reason.exitCode);
    else abort.abort(reason);
  };
  from.on('SIGINT', onSignal);
  from.on('SIGTERM', onSignal);
  return () => {
    from.off('SIGINT', onSignal);
    from.off('SIGTERM', onSignal);
  };
};

/** What ended the command: a command that was interrupted may throw anything on its way out. */
const rootCause = (error: unknown, signal: AbortSignal): unknown => (signal.aborted ? signal.reason : error);

export const runCli = async (options: CliOptions): Promise<ExitCode> => {
  const { env, stdin, stdout, stderr } = options;
  const abort = new AbortController();
  const bars = new Set<Progress>();
  let exitCode: ExitCode = exitCodes.ok;
  const context: CliContext = {
    env,
    stdout: createOutput(stdout, (reason) => abort.abort(reason)),
    // When nobody reads the messages the work still goes on.
    stderr: createOutput(stderr, () => undefined),
    signal: abort.signal,
    loadConfig: (flags = {}) => {
      const { config, data } = program.opts<{ config?: string; data?: string }>();
      return loadConfig({ ...flags, configPath: config, dataDir: data }, env);
    },
    progress: (of) => {
      const progress = createProgress({ ...of, stream: stderr });
      bars.add(progress);
      return progress;
    },
    readPassword: (of) => readPassword({ ...of, stdin, stderr }),
    exitWith: (code) => {
      exitCode = code;
    },
  };
  const program = createProgram(
    { commands: options.commands, version: ownVersion(), stdout, stderr, env },
    context,
  );
  const stopListening = listenToSignals(options.process, abort);
  try {
    await program.parseAsync(options.argv, { from: 'user' });
    // A full disk behind a redirection shows only now.
    await context.stdout.flush();
    return exitCode;
  } catch (error) {
    for (const progress of bars) progress.abandon();
    const cause = rootCause(error, abort.signal);
    const report = reportError(options.mapError?.(cause) ?? cause);
    for (const line of report.lines) stderr.write(`${line}\n`);
    return report.exitCode;
  } finally {
    stopListening();
  }
};
