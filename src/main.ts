/** Where the command line starts. */
import { accountCommand } from './cli/commands/account.ts';
import { aliasCommand } from './cli/commands/alias.ts';
import { domainCommand } from './cli/commands/domain.ts';
import { eventsCommand } from './cli/commands/events.ts';
import { replayCommand } from './cli/commands/replay.ts';
import { serveCommand } from './cli/commands/serve.ts';
import { traceCommand } from './cli/commands/trace.ts';
import { verifyCommand } from './cli/commands/verify.ts';
import { mapError } from './cli/map-errors.ts';
import { runCli } from './cli/run-cli.ts';

process.exitCode = await runCli({
  commands: [
    serveCommand,
    domainCommand,
    accountCommand,
    aliasCommand,
    traceCommand,
    eventsCommand,
    replayCommand,
    verifyCommand,
  ],
  argv: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  process,
  mapError,
});
