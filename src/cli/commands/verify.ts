/** `chancery verify`: is everything there, and is it what was written? */
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Progress } from '../progress.ts';
import { printable } from '../terminal-text.ts';
import { withAdmin } from '../with-admin.ts';

type Item =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | {
      readonly kind: 'fault';
      readonly index: number;
      readonly stream?: string;
      readonly revision?: number;
      readonly type?: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'result';
      readonly events: number;
      readonly contents: number;
      readonly erasedEvents: number;
      readonly erasedContents: number;
      readonly faults: number;
    };

export const verifyCommand: CliCommand = {
  name: 'verify',
  examples: [{ command: 'verify', meaning: 'check every event and every stored message' }],
  register(program, context) {
    program
      .command('verify')
      .helpGroup(commandGroups.proof)
      .description('check that every event and every stored message is there and is what was written')
      .option('--json', 'one JSON object a line')
      .action((options: { json?: boolean }) => verify(options.json === true, context));
  },
};

async function verify(json: boolean, context: CliContext): Promise<void> {
  let bar: Progress | undefined;
  let faults = 0;
  await withAdmin(context, async (admin) => {
    for await (const each of admin.call('verify')) {
      const item = each as Item;
      if (item.kind === 'progress') {
        bar ??= context.progress({ label: 'verify', unit: 'events', total: item.total });
        bar.update(item.done, item.total);
        continue;
      }
      if (item.kind === 'result') {
        bar?.finish();
        faults = item.faults;
      }
      if (json) await context.stdout.json(item);
      else await context.stdout.line(printable(item.kind === 'fault' ? faultLine(item) : sentence(item)));
    }
  });
  if (faults > 0) context.exitWith(exitCodes.negative);
}

function faultLine({ index, stream, revision, type, reason }: Extract<Item, { kind: 'fault' }>): string {
  const place = stream === undefined ? '' : ` (${type}, ${stream} revision ${revision})`;
  return `FAULT at index ${index}${place}: ${reason}`;
}

function sentence(result: Extract<Item, { kind: 'result' }>): string {
  const { events, contents, erasedEvents, erasedContents, faults } = result;
  const erased =
    erasedEvents + erasedContents === 0
      ? ''
      : `; erased: parts of ${erasedEvents} events, ${erasedContents} stored messages`;
  const checked = `${events} events and ${contents} stored messages checked${erased}`;
  return faults === 0
    ? `${checked}: everything is there and as it was written`
    : `${checked}: ${faults === 1 ? 'one fault' : `${faults} faults`}`;
}
