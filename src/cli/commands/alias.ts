/** `chancery alias`: further addresses that lead to accounts. */
import { type CliCommand, commandGroups } from '../command.ts';
import { withAdmin } from '../with-admin.ts';

interface AliasRow {
  readonly address: string;
  readonly targets: readonly string[];
}

export const aliasCommand: CliCommand = {
  name: 'alias',
  examples: [
    {
      command: 'alias add sales@example.test alice@example.test bob@example.test',
      meaning: 'one address for two people',
    },
  ],
  register(program, context) {
    const alias = program
      .command('alias')
      .helpGroup(commandGroups.directory)
      .description('further addresses that lead to accounts');
    alias
      .command('add <address> <accounts...>')
      .description('an address that leads to one account or to several')
      .action((address: string, targets: string[]) =>
        withAdmin(context, async (admin) => {
          await admin.callOne('alias.add', { address, targets });
          await context.stdout.line(`${address} leads to ${targets.join(', ')}.`);
        }),
      );
    alias
      .command('remove <address>')
      .description('take an alias away')
      .action((address: string) =>
        withAdmin(context, async (admin) => {
          await admin.callOne('alias.remove', { address });
          await context.stdout.line(`${address} has been removed.`);
        }),
      );
    alias
      .command('list')
      .description('all aliases')
      .option('--json', 'one JSON object a line')
      .action((options: { json?: boolean }) =>
        withAdmin(context, async (admin) => {
          const rows = (await admin.callOne('alias.list')) as readonly AliasRow[];
          if (options.json === true) for (const row of rows) await context.stdout.json(row);
          else
            await context.stdout.table(
              [{ title: 'address' }, { title: 'leads to' }],
              rows.map((row) => [row.address, row.targets.join(', ')]),
            );
        }),
      );
  },
};
