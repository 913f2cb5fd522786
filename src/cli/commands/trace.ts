/** `chancery trace`: the life of a message, as a timeline. */
import { InvalidArgumentError } from 'commander';
import type { NamedTrace } from '../../admin/trace-handler.ts';
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { headerText } from '../header-text.ts';
import { printable } from '../terminal-text.ts';
import { entryText, leadIns, localTime, sessionText } from '../trace-text.ts';
import { withAdmin } from '../with-admin.ts';

export const traceCommand: CliCommand = {
  name: 'trace',
  examples: [{ command: 'trace alice@example.test', meaning: 'what happened to the messages of an address' }],
  register(program, context) {
    program
      .command('trace <message>')
      .helpGroup(commandGroups.record)
      .description('the life of a message, by its id, its Message-ID, or an address of its envelope')
      .option('--limit <count>', 'at most so many messages, the newest', messageCount, 20)
      .option('--json', 'one JSON object a message')
      .action((about: string, options: { limit: number; json?: boolean }) => trace(about, options, context));
  },
};

function messageCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('a number from 1 to 9999 is expected');
  return Number(text);
}

async function trace(
  about: string,
  options: { limit: number; json?: boolean },
  context: CliContext,
): Promise<void> {
  let found = 0;
  await withAdmin(context, async (admin) => {
    for await (const item of admin.call('trace', { about, limit: options.limit })) {
      const traced = item as NamedTrace;
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

function timeline(traced: NamedTrace): string[] {
  const { entries, session } = traced;
  const life = [
    ...session
      .filter((entry) => !leadIns.has(entry.type))
      .map((entry) => ({ order: entry.logIndex, at: entry.at, text: sessionText(entry) })),
    ...entries.map((entry) => ({ order: entry.logIndex, at: entry.at, text: entryText(entry, traced) })),
  ].sort((a, b) => a.at - b.at || a.order - b.order);
  // What came before the message was recorded with it: only when the connection began is known by itself.
  const openedAt = session.find(({ type }) => type === 'SessionOpened')?.detail.openedAt;
  const began = session
    .filter((entry) => leadIns.has(entry.type))
    .map((entry, n) => ({
      at: n === 0 && typeof openedAt === 'number' ? openedAt : undefined,
      text: sessionText(entry),
    }));
  const timeColumns = localTime(0).length;
  const lines = [...began, ...life].map(
    ({ at, text }) => `  ${(at === undefined ? '' : localTime(at)).padEnd(timeColumns)}  ${text}`,
  );
  return [...headOf(traced), '', ...lines];
}

function headOf({ message, recipients, addresses }: NamedTrace): string[] {
  const header = (value: string | null): string => (value === null ? '(none, or erased)' : headerText(value));
  const sender = message.sender === '' ? '<> (a report)' : (message.sender ?? '(none, or erased)');
  return [
    `Message ${message.messageId}`,
    `  Message-ID  ${header(message.messageIdHeader)}`,
    `  Subject     ${header(message.subject)}`,
    `  From        ${header(message.from)}`,
    `  Sender      ${sender}`,
    ...recipients.map(({ address, accountIds }) => {
      const accounts = accountIds.map((id) => addresses[id] ?? id).join(', ');
      return `  Recipient   ${address ?? '(erased)'}, routed to ${accounts || 'nobody'}`;
    }),
    `  Size        ${message.size} octets`,
  ];
}
