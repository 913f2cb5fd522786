/** `chancery account`: the people who have a mailbox here. */
import { Option } from 'commander';
import { roles } from '../../../events/directory.ts';
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { withAdmin } from '../with-admin.ts';

interface AccountRow {
  readonly address: string;
  readonly role: string;
  readonly name: string;
}

interface AddOptions {
  readonly role: string;
  readonly name?: string;
  readonly passwordStdin?: boolean;
}

const stdinOption = [
  '--password-stdin',
  'read the password from standard input instead of asking for it',
] as const;

export const accountCommand: CliCommand = {
  name: 'account',
  examples: [
    { command: 'account add carol@example.test', meaning: 'make an account; the password is asked for' },
  ],
  register(program, context) {
    const account = program
      .command('account')
      .helpGroup(commandGroups.directory)
      .description('the accounts and their passwords');
    account
      .command('add <address>')
      .description('make an account with a mailbox')
      .option('--name <name>', "the person's name")
      .addOption(new Option('--role <role>', 'what the account may do').choices([...roles]).default('user'))
      .option(...stdinOption)
      .action((address: string, options: AddOptions) => add(address, options, context));
    account
      .command('passwd <address>')
      .description('change a password')
      .option(...stdinOption)
      .action(async (address: string, options: { passwordStdin?: boolean }) => {
        const password = await ask(address, options.passwordStdin === true, context);
        await withAdmin(context, async (admin) => {
          await admin.callOne('account.passwd', { address, password });
          await context.stdout.line(`The password of ${address} has been changed.`);
        });
      });
    account
      .command('remove <address>')
      .description('close an account; its mailbox stays on the log')
      .action((address: string) =>
        withAdmin(context, async (admin) => {
          await admin.callOne('account.remove', { address });
          await context.stdout.line(`${address} has been removed.`);
        }),
      );
    account
      .command('list')
      .description('all accounts')
      .option('--json', 'one JSON object a line')
      .action((options: { json?: boolean }) =>
        withAdmin(context, async (admin) => {
          const rows = (await admin.callOne('account.list')) as readonly AccountRow[];
          if (options.json === true) for (const row of rows) await context.stdout.json(row);
          else {
            const columns = [{ title: 'address' }, { title: 'role' }, { title: 'name' }];
            await context.stdout.table(
              columns,
              rows.map((row) => [row.address, row.role, row.name]),
            );
          }
        }),
      );
  },
};

const ask = (address: string, fromStdin: boolean, context: CliContext): Promise<string> =>
  context.readPassword({ fromStdin, confirm: !fromStdin, prompt: `Password for ${address}: ` });

async function add(address: string, options: AddOptions, context: CliContext): Promise<void> {
  const { role, name } = options;
  const password = await ask(address, options.passwordStdin === true, context);
  await withAdmin(context, async (admin) => {
    await admin.callOne('account.add', { address, password, role, ...(name === undefined ? {} : { name }) });
    await context.stdout.line(`${address} has been made.`);
  });
}
