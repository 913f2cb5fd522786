/** `chancery verify`: is everything there, and is it what was written? */
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Progress } from '../progress.ts';
import { withAdmin } from '../with-admin.ts';

type Item =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'fault'; readonly index: number; readonly reason: string }
  | {
      readonly kind: 'result';
      readonly events: number;
      readonly contents: number;
      readonly erased: number;
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
      else if (item.kind === 'fault') await context.stdout.line(`FAULT at ${item.index}: ${item.reason}`);
      else await context.stdout.line(sentence(item));
    }
  });
  if (faults > 0) context.exitWith(exitCodes.negative);
}

function sentence({ events, contents, erased, faults }: Extract<Item, { kind: 'result' }>): string {
  const checked = `${events} events and ${contents} stored messages checked, ${erased} erased`;
  return faults === 0
    ? `${checked}: everything is there and as it was written`
    : `${checked}: ${faults} faults`;
}
