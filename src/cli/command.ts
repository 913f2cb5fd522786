/** What a command is, and what it is given. */
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { PasswordOptions } from './password.ts';
import type { Progress, ProgressOptions } from './progress.ts';

/** The headings of the help, in the order of the help; set with `.helpGroup(...)`. */
export const commandGroups = {
  server: 'Run the server:',
  directory: 'Domains and accounts:',
  record: 'Ask the record:',
  proof: 'Check the record:',
} as const;

export interface CommandExample {
  /** Without the program's name, such as `trace alice@example.test`. */
  readonly command: string;
  readonly meaning: string;
}

export interface CliCommand {
  readonly name: string;
  /** Shown below the command's own help; the first of each command stands in the program's help as well. */
  readonly examples?: readonly CommandExample[];
  /** Adds the command, its options and its action to the program. */
  register(program: Command, context: CliContext): void;
}

export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  readonly stdout: Output;
  /** Everything else: hints, warnings, questions. */
  readonly stderr: Output;
  /** Aborted by Ctrl-C, by SIGTERM, and when the reader of standard output is gone. A second Ctrl-C or
   * SIGTERM ends the process at once. */
  readonly signal: AbortSignal;
  /** The configuration by `--config`, `--data` and the flags given. Throws `ConfigError`. */
  loadConfig(flags?: {
    readonly host?: string | undefined;
    readonly portOffset?: number | undefined;
  }): Config;
  /** Progress on standard error; wiped by itself when the command ends in an error. */
  progress(options: Pick<ProgressOptions, 'label' | 'unit' | 'total'>): Progress;
  /** Throws `CommandError`. */
  readPassword(options: Pick<PasswordOptions, 'fromStdin' | 'confirm' | 'prompt'>): Promise<string>;
  /** The exit code of a command that returns without an error; `ok` when never called. */
  exitWith(code: ExitCode): void;
}
