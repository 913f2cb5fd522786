/** `chancery serve`: runs the server until it is told to stop. */
import { once } from 'node:events';
import { InvalidArgumentError } from 'commander';
import type { Config, Protocol } from '../../config/config.ts';
import { createLogger } from '../../logger.ts';
import type { NewAccount } from '../../server/first-start.ts';
import { type RunningServer, startServer } from '../../server/start-server.ts';
import { type CliCommand, type CliContext, commandGroups } from '../command.ts';
import { Interrupted } from '../report-error.ts';

export const serveCommand: CliCommand = {
  name: 'serve',
  examples: [{ command: 'serve --port-offset 1000', meaning: 'run beside another mail server' }],
  register(program, context) {
    program
      .command('serve')
      .helpGroup(commandGroups.server)
      .description('run the mail server until it is told to stop')
      .option('--host <address>', 'where all listeners listen')
      .option('--port-offset <number>', 'added to every port', wholeNumber)
      .action((flags: { host?: string; portOffset?: number }) => serve(flags, context));
  },
};

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

async function serve(flags: { host?: string; portOffset?: number }, context: CliContext): Promise<void> {
  const config = context.loadConfig(flags);
  const { level, format } = config.logging;
  const pretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const logger = createLogger({ level, pretty });
  const server = await startServer(config, context.env as NodeJS.ProcessEnv, logger);
  await introduce(server, config, context);
  if (!context.signal.aborted) await once(context.signal, 'abort');
  logger.info('stopping');
  await server.stop();
  // Being told to stop is how a server ends well.
  if (!(context.signal.reason instanceof Interrupted)) throw context.signal.reason;
}

async function introduce(server: RunningServer, config: Config, { stdout }: CliContext): Promise<void> {
  await stdout.line(`Chancery serves ${config.domains.join(', ')} from ${config.dataDirectory}`);
  await stdout.line();
  await stdout.table(
    [{ title: 'service' }, { title: 'address' }, { title: 'TLS' }],
    server.listeners.map((each) => [
      each.config.protocol,
      `${each.config.host}:${each.port}`,
      each.config.tls === 'implicit'
        ? 'from the start'
        : each.config.tls === 'starttls'
          ? 'STARTTLS'
          : 'none',
    ]),
  );
  if (server.newAccounts.length > 0) await stdout.write(`\n${welcome(server, config).join('\n')}\n`);
}

/** Shown once: passwords are not kept anywhere in clear. */
function welcome(server: RunningServer, config: Config): readonly string[] {
  const lines = [
    'Accounts made now. Their passwords are shown this once:',
    ...server.newAccounts.map(
      ({ address, password }) => `  ${address.padEnd(24)} ${password ?? '(as CHANCERY_DEMO_PASSWORD says)'}`,
    ),
  ];
  const [alice, bob] = server.newAccounts;
  const submission = endpoint(server, 'submission');
  const imap = endpoint(server, 'imap');
  if (alice === undefined || bob === undefined || submission === undefined || imap === undefined)
    return lines;
  const login = ({ address, password }: NewAccount): string =>
    password === undefined ? `"${address}:$CHANCERY_DEMO_PASSWORD"` : `${address}:${password}`;
  const data = config.dataDirectory === `${process.cwd()}/data` ? '' : ` --data '${config.dataDirectory}'`;
  return [
    ...lines,
    '',
    'Send a message, read it, and see what happened to it:',
    '',
    `  printf 'From: ${alice.address}\\nTo: ${bob.address}\\nSubject: Hello\\n\\nFirst message.\\n' | \\`,
    `    curl --url smtp://${submission} --user ${login(alice)} \\`,
    `      --mail-from ${alice.address} --mail-rcpt ${bob.address} --crlf --upload-file -`,
    '',
    `  curl --user ${login(bob)} 'imap://${imap}/INBOX;MAILINDEX=1'`,
    '',
    `  ./bin/chancery trace ${bob.address}${data}`,
    '',
  ];
}

function endpoint(server: RunningServer, protocol: Protocol): string | undefined {
  const listener = server.listeners.find(
    (each) => each.config.protocol === protocol && each.config.tls !== 'implicit',
  );
  if (listener === undefined) return undefined;
  const { host } = listener.config;
  const reachable =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `${reachable}:${listener.port}`;
}
