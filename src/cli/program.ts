/** The program as commander sees it: global options, groups of commands, examples, exit codes. */
import { styleText } from 'node:util';
import { Command } from 'commander';
import type { CliCommand, CliContext, CommandExample } from './command.ts';
import type { OutputStream } from './output.ts';

const exitCodeHelp = [
  'Exit codes:',
  '  0    it worked, and the answer is yes',
  '  1    it worked, and the answer is no: nothing found, a difference, damage, a refusal',
  '  2    the command line or the configuration is wrong',
  '  3    the server, the log or the data directory cannot be reached now',
  '  4    a fault of Chancery itself',
  '  130  ended by Ctrl-C (143: by SIGTERM)',
];

const exampleText = (examples: readonly CommandExample[]): readonly string[] => {
  if (examples.length === 0) return [];
  const width = Math.max(...examples.map(({ command }) => command.length));
  return [
    'Examples:',
    ...examples.map(({ command, meaning }) => `  chancery ${command.padEnd(width)}  ${meaning}`),
  ];
};

export interface ProgramOptions {
  readonly commands: readonly CliCommand[];
  readonly version: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws `CommanderError` instead of ending the process. */
export const createProgram = (options: ProgramOptions, context: CliContext): Command => {
  const { commands, stdout, stderr, env } = options;
  const hasColors = (stream: OutputStream): boolean => stream.isTTY === true && !env.NO_COLOR;
  const program = new Command('chancery');
  program
    .description('A mail server that can prove what happened to every message.')
    .usage('<command> [options]')
    .option('--config <file>', 'configuration file (default: chancery.yaml in this folder, if there is one)')
    .option('--data <folder>', 'data directory, instead of the one in the configuration')
    .version(`chancery ${options.version}`, '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => styleText('bold', title, { validateStream: false }),
    })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns || 100,
      getErrHelpWidth: () => stderr.columns || 100,
      getOutHasColors: () => hasColors(stdout),
      getErrHasColors: () => hasColors(stderr),
    });
  for (const command of commands) {
    command.register(program, context);
    const registered = program.commands.find((candidate) => candidate.name() === command.name);
    if (!registered) throw new Error(`the command ${command.name} registered under another name`);
    const examples = exampleText(command.examples ?? []);
    if (examples.length > 0) registered.addHelpText('after', `\n${examples.join('\n')}`);
  }
  const examples = exampleText(commands.flatMap(({ examples: all }) => all?.slice(0, 1) ?? []));
  const after = [...(examples.length > 0 ? [...examples, ''] : []), ...exitCodeHelp];
  // Below the program's own help only: a command's help should fit a screen.
  program.addHelpText('after', `\n${after.join('\n')}`);
  return program;
};
