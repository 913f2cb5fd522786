/** `chancery domain`: the domains that this installation takes mail for. */
import { type CliCommand, commandGroups } from '../command.ts';
import { withAdmin } from '../with-admin.ts';

interface DomainRow {
  readonly name: string;
  readonly accounts: number;
  readonly aliases: number;
}

export const domainCommand: CliCommand = {
  name: 'domain',
  examples: [{ command: 'domain add example.org', meaning: 'take mail for a domain' }],
  register(program, context) {
    const domain = program
      .command('domain')
      .helpGroup(commandGroups.directory)
      .description('the domains that mail is taken for');
    domain
      .command('add <name>')
      .description('take mail for a domain')
      .action((name: string) =>
        withAdmin(context, async (admin) => {
          await admin.callOne('domain.add', { name });
          await context.stdout.line(`Mail for ${name} is taken from now on.`);
        }),
      );
    domain
      .command('remove <name>')
      .description('take no more mail for a domain without accounts')
      .action((name: string) =>
        withAdmin(context, async (admin) => {
          await admin.callOne('domain.remove', { name });
          await context.stdout.line(`Mail for ${name} is no longer taken.`);
        }),
      );
    domain
      .command('list')
      .description('all domains')
      .option('--json', 'one JSON object a line')
      .action((options: { json?: boolean }) =>
        withAdmin(context, async (admin) => {
          const rows = (await admin.callOne('domain.list')) as readonly DomainRow[];
          if (options.json === true) for (const row of rows) await context.stdout.json(row);
          else {
            const columns = [{ title: 'domain' }, { title: 'accounts' }, { title: 'aliases' }];
            await context.stdout.table(
              columns,
              rows.map((row) => [row.name, row.accounts, row.aliases]),
            );
          }
        }),
      );
  },
};
