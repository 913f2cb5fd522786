/** `chancery replay`: builds the views anew from the log and compares them with the live ones. */
import { Argument } from 'commander';
import { projectionNames } from '../../../projections/catalogue.ts';
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Progress } from '../progress.ts';
import { withAdmin } from '../with-admin.ts';

type Item =
  | { readonly kind: 'progress'; readonly projection: string; readonly done: number; readonly total: number }
  | {
      readonly kind: 'result';
      readonly projection: string;
      readonly events: number;
      readonly leftDigest: string;
      readonly rightDigest: string;
      readonly difference?: {
        readonly table: string;
        readonly key: unknown;
        readonly kind: string;
        readonly columns: readonly unknown[];
      };
    };

export const replayCommand: CliCommand = {
  name: 'replay',
  examples: [{ command: 'replay --check', meaning: 'is every view what the log says?' }],
  register(program, context) {
    program
      .command('replay')
      .helpGroup(commandGroups.proof)
      .description('rebuild the views from the log and compare them with the live ones')
      .addArgument(
        new Argument('[views...]', 'which; all of them when none is named').choices([...projectionNames]),
      )
      .option('--check', 'only say whether they are equal (exit 1 when not)')
      .option('--json', 'one JSON object a view')
      .action((names: string[], options: { check?: boolean; json?: boolean }) =>
        replay(names, options, context),
      );
  },
};

async function replay(
  projections: string[],
  options: { check?: boolean; json?: boolean },
  context: CliContext,
): Promise<void> {
  let bar: Progress | undefined;
  let different = false;
  await withAdmin(context, async (admin) => {
    for await (const each of admin.call('replay', { projections })) {
      const item = each as Item;
      if (item.kind === 'progress') {
        bar ??= context.progress({ label: `replay ${item.projection}`, unit: 'events', total: item.total });
        bar.update(item.done, item.total);
        continue;
      }
      bar?.abandon();
      bar = undefined;
      different ||= item.difference !== undefined;
      if (options.json === true) await context.stdout.json(item);
      else await context.stdout.line(sentence(item, options.check === true));
    }
  });
  if (different) context.exitWith(exitCodes.negative);
}

function sentence(item: Extract<Item, { kind: 'result' }>, brief: boolean): string {
  const name = item.projection.padEnd(12);
  if (item.difference === undefined) {
    return brief ? `${name} equal` : `${name} equal after ${item.events} events, digest ${item.leftDigest}`;
  }
  const { table, key, kind, columns } = item.difference;
  const where =
    kind === 'left'
      ? 'only in the live view'
      : kind === 'right'
        ? 'only in the rebuilt view'
        : JSON.stringify(columns);
  return `${name} DIFFERENT, first in table ${table} at ${JSON.stringify(key)}: ${where}`;
}
