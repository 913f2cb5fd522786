/**
 * Crash rounds: a server under load is ended with `kill -9` at a random instant, sometimes while it starts, and
 * started again on what it left. After it every message that got 250 is in each of its mailboxes exactly once; at the end `verify` is clean and `replay
 * --check` is equal. Before
 * some starts the views are deleted: they are only caches, so nothing is delivered again.
 *
 * Everything random comes from the seed, but for the machine's own timing: a seed gives the same plan, not the same
 * instant to the microsecond.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import { createSilentLogger } from '../../src/logger.ts';
import { createMaker } from '../support/nasty-messages/maker.ts';
import {
  dataDirectoryOf,
  demoPassword,
  type ServerOptions,
  spawnServer,
  startServerProcess,
} from '../support/running-server.ts';
import { checkByCommands } from './check-commands.ts';
import { createCrashChecker } from './check-mailboxes.ts';
import { type SentMessage, startLoad } from './load.ts';

export interface CampaignOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly seed: number;
  readonly senders: number;
  /** No round is begun after this long, and that is a failure. */
  readonly withinMs: number;
  readonly say: (line: string) => void;
}

export interface CampaignResult {
  /** Messages that got 250. */
  readonly accepted: number;
  readonly deliveries: number;
  readonly viewsDeleted: number;
  readonly killedWhileStarting: number;
  /** Empty when nothing was lost or doubled. */
  readonly problems: readonly string[];
}

interface RoundPlan {
  readonly deleteViews: boolean;
  readonly killWhileStarting: boolean;
  readonly killAfterMs: number;
  /** Else the next start finds the deliveries of this round undone. */
  readonly check: boolean;
}

const messagesPerSenderMax = 500;
const loadMsMax = 1_200;
const startMsMax = 900;

/** Three rounds see each kind: one under load, one with views deleted, one cut off at its start. */
function planRound(seed: number, round: number, rounds: number): RoundPlan {
  const maker = createMaker(seed, 1_000_000 + round);
  const killWhileStarting = round % 5 === 2 || maker.chance(10);
  return {
    deleteViews: round % 3 === 1 || maker.chance(6),
    killWhileStarting,
    killAfterMs: maker.below(killWhileStarting ? startMsMax : loadMsMax) + 20,
    check: round === rounds - 1 || maker.chance(2),
  };
}

export async function runCrashRounds(options: CampaignOptions): Promise<CampaignResult> {
  const { directory, rounds, seed, say } = options;
  const server: ServerOptions = { directory, protocols: ['smtp'] };
  const accepted = new Map<string, SentMessage>();
  const result = { viewsDeleted: 0, killedWhileStarting: 0 };
  const problems: string[] = [];
  const began = performance.now();
  // The first start founds the installation and writes the configuration that the checks read.
  await (await startServerProcess(server)).stop();
  const env = { CHANCERY_DEMO_PASSWORD: demoPassword };
  const config = loadConfig({ configPath: join(directory, 'chancery.yaml') }, env);
  const checker = createCrashChecker(config, createSilentLogger(), env);

  for (let round = 0; round < rounds && problems.length === 0; round++) {
    if (performance.now() - began > options.withinMs) {
      problems.push(`only ${round} of ${rounds} rounds in ${options.withinMs} ms`);
      break;
    }
    const plan = planRound(seed, round, rounds);
    if (plan.deleteViews) {
      await rm(join(dataDirectoryOf(directory), 'views'), { recursive: true, force: true });
      result.viewsDeleted++;
    }
    if (plan.killWhileStarting) {
      await crashWhileStarting(server, plan.killAfterMs);
      result.killedWhileStarting++;
    } else {
      problems.push(...(await crashUnderLoad(options, server, round, plan.killAfterMs, accepted)));
    }
    if (plan.check) problems.push(...(await checker.check(accepted)));
    say(`round ${round + 1} of ${rounds}: ${accepted.size} accepted so far, ${describe(plan)}`);
  }
  if (problems.length === 0) problems.push(...(await checkByCommands(join(directory, 'chancery.yaml'))));
  return { ...result, accepted: accepted.size, deliveries: checker.deliveries, problems };
}

const describe = (plan: RoundPlan): string =>
  [
    `killed ${plan.killAfterMs} ms ${plan.killWhileStarting ? 'into its start' : 'into the load'}`,
    ...(plan.deleteViews ? ['views deleted before'] : []),
    ...(plan.check ? ['checked'] : []),
  ].join(', ');

async function crashWhileStarting(server: ServerOptions, afterMs: number): Promise<void> {
  const starting = await spawnServer(server);
  await delay(afterMs);
  await starting.kill();
}

async function crashUnderLoad(
  { seed, senders }: CampaignOptions,
  server: ServerOptions,
  round: number,
  afterMs: number,
  accepted: Map<string, SentMessage>,
): Promise<readonly string[]> {
  const running = await startServerProcess(server);
  try {
    const load = startLoad({
      port: running.ports.smtp,
      seed,
      round,
      senders,
      messagesMax: messagesPerSenderMax,
      accepted: (message) => accepted.set(message.messageId, message),
    });
    await delay(afterMs);
    await running.kill();
    load.stop();
    return (await load.done).map((reply) => `refused under load: ${reply}`);
  } finally {
    await running.kill();
  }
}
