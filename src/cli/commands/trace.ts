/** `chancery trace`: the life of a message, as a timeline. */
import type { MessageTrace } from '../../../projections/trace/queries.ts';
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { printable } from '../terminal-text.ts';
import { type Addresses, entryText, leadIns, sessionText } from '../trace-text.ts';
import { withAdmin } from '../with-admin.ts';

type Traced = MessageTrace & { readonly addresses: Addresses };

export const traceCommand: CliCommand = {
  name: 'trace',
  examples: [{ command: 'trace alice@example.test', meaning: 'what happened to the messages of an address' }],
  register(program, context) {
    program
      .command('trace <message>')
      .helpGroup(commandGroups.record)
      .description('the life of a message, by its id, its Message-ID, or an address of its envelope')
      .option('--limit <count>', 'at most so many messages, the newest', Number, 20)
      .option('--json', 'one JSON object a message')
      .action((about: string, options: { limit: number; json?: boolean }) => trace(about, options, context));
  },
};

async function trace(
  about: string,
  options: { limit: number; json?: boolean },
  context: CliContext,
): Promise<void> {
  let found = 0;
  await withAdmin(context, async (admin) => {
    for await (const item of admin.call('trace', { about, limit: options.limit })) {
      const traced = item as Traced;
      if (options.json === true) await context.stdout.json(traced);
      else
        await context.stdout.write(`${found > 0 ? '\n' : ''}${timeline(traced).map(printable).join('\n')}\n`);
      found++;
    }
  });
  if (found > 0) return;
  await context.stderr.line(`No message is known by ${printable(about)}.`);
  context.exitWith(exitCodes.negative);
}

function timeline({ message, recipients, entries, session, addresses }: Traced): string[] {
  const head = [
    `Message ${message.messageId}`,
    `  Message-ID  ${message.messageIdHeader ?? '(none, or erased)'}`,
    `  Subject     ${message.subject ?? '(none, or erased)'}`,
    `  From        ${message.sender === '' ? '<>' : (message.sender ?? '(erased)')}`,
    ...recipients.map((recipient) => {
      const accounts = recipient.accountIds.map((id) => addresses[id] ?? id).join(', ');
      return `  To          ${recipient.address ?? '(erased)'}, delivered to ${accounts}`;
    }),
    `  Size        ${message.size} octets`,
    '',
  ];
  const began = session
    .filter((entry) => leadIns.has(entry.type))
    .map((entry) => ({ at: entry.at, text: sessionText(entry) }));
  const life = [
    ...session
      .filter((entry) => !leadIns.has(entry.type))
      .map((entry) => ({ order: entry.logIndex, at: entry.at, text: sessionText(entry) })),
    ...entries.map((entry) => ({ order: entry.logIndex, at: entry.at, text: entryText(entry, addresses) })),
  ].sort((a, b) => a.at - b.at || a.order - b.order);
  return [...head, ...[...began, ...life].map(({ at, text }) => `  ${new Date(at).toISOString()}  ${text}`)];
}
