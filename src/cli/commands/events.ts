/** `chancery events`: the log itself, opened. */
import { InvalidArgumentError } from 'commander';
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { printable, truncate } from '../terminal-text.ts';
import { localTime } from '../trace-text.ts';
import { withAdmin } from '../with-admin.ts';

interface ShownEvent {
  readonly index: number;
  readonly at: number | null;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: unknown;
}

interface EventsOptions {
  readonly stream?: string;
  readonly type?: string;
  readonly from: number;
  readonly limit?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export const eventsCommand: CliCommand = {
  name: 'events',
  examples: [
    { command: 'events --type MessageDelivered --follow', meaning: 'watch deliveries as they happen' },
  ],
  register(program, context) {
    program
      .command('events')
      .helpGroup(commandGroups.record)
      .description('the event log, opened, in its order')
      .option('--stream <name>', 'a category (mailbox), one stream (mailbox-<id>), or mailbox-<address>')
      .option('--type <type>', 'one type of event, such as MessageAccepted')
      .option('--from <index>', 'begin at this index', wholeNumber, 0)
      .option('--limit <count>', 'at most so many', wholeNumber)
      .option('--follow', 'go on with what happens from now on')
      .option('--json', 'one JSON object a line')
      .action((options: EventsOptions) => show(options, context));
  },
};

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

async function show(options: EventsOptions, context: CliContext): Promise<void> {
  const { stream, type, from, limit, follow = false } = options;
  const asked = { from, follow, ...(stream && { stream }), ...(type && { type }), ...(limit && { limit }) };
  let shown = 0;
  await withAdmin(context, async (admin) => {
    for await (const item of admin.call('events', asked)) {
      const event = item as ShownEvent;
      shown++;
      if (options.json === true) await context.stdout.json(event);
      else await context.stdout.line(fitted(printable(lineOf(event)), context.stdout.columns));
    }
  });
  if (shown === 0 && !follow) context.exitWith(exitCodes.negative);
}

/** On a terminal one line an event; elsewhere nothing is cut off. */
const fitted = (line: string, columns: number | undefined): string =>
  columns === undefined ? line : truncate(line, columns);

function lineOf({ index, at, stream, revision, type, data }: ShownEvent): string {
  const time = (at === null ? '-' : localTime(at)).padEnd(localTime(0).length);
  return `${String(index).padStart(8)}  ${time}  ${type.padEnd(22)} ${stream}@${revision}  ${JSON.stringify(data)}`;
}
