/** Domains, accounts and aliases. Each act is an event with the session of the person who did it. */
import { userInfo } from 'node:os';
import { z } from 'zod';
import type { DirectoryCommand, DirectoryReply } from '../../actors/directory-decider.ts';
import type { AskContext } from '../../actors/ports.ts';
import { roles } from '../../events/directory.ts';
import { isErased } from '../../events/event-definition.ts';
import { newId } from '../../events/ids.ts';
import type { DirectoryIndex } from '../../projections/directory-index.ts';
import { ControlError } from '../control/control-error.ts';
import type { ControlHandlers } from '../control/server.ts';
import type { Engine } from '../engine/engine.ts';
import { hashPassword } from '../passwords/argon2id.ts';
import { type Address, address, argumentsOf, domainName } from './arguments.ts';

const password = z.string().min(8, { error: 'a password has at least 8 characters' }).max(1024);
const staleRetriesMax = 5;

const reasons: Readonly<Record<Extract<DirectoryReply, { kind: 'rejected' }>['reason'], string>> = {
  'domain-exists': 'the domain is there already',
  'no-such-domain': 'there is no such domain',
  'domain-in-use': 'accounts or aliases still use the domain; remove them first',
  'no-such-account': 'there is no such account',
  'account-in-use': 'aliases still lead to the account; remove them first',
  'no-such-alias': 'there is no such alias',
  stale: 'the directory changed at the same moment, again and again; try again',
};

export function directoryHandlers(engine: Engine): ControlHandlers {
  /** Runs an act in a session of its own, which says on the log who did it. */
  async function act<T>(work: (context: AskContext) => Promise<T>): Promise<T> {
    const local = { address: 'control socket', port: 0 };
    const peer = { address: `local user ${userName()}`, port: 0 };
    const session = engine.sessions.open({
      protocol: 'control',
      listener: 'control',
      implicitTls: false,
      peer,
      local,
    });
    const context = {
      by: `session:${session.sessionId}`,
      correlationId: session.sessionId,
      causationId: session.sessionId,
    } as const;
    try {
      await session.flush();
      return await work(context);
    } finally {
      await session.close({ reason: 'done', octetsIn: 0, octetsOut: 0 });
    }
  }

  /** Decides against the directory as it is; decides again when it changed meanwhile. */
  async function change(
    plan: (index: DirectoryIndex) => DirectoryCommand,
    context: AskContext,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const command = plan(await engine.directory.current());
      const { reply } = await engine.directoryActors.askDirectory(command, context);
      if (reply.kind === 'done') return;
      if (reply.reason !== 'stale' || tries >= staleRetriesMax)
        throw new ControlError(reply.reason, reasons[reply.reason]);
    }
  }

  return {
    'domain.add': (args) => {
      const { name } = argumentsOf(z.object({ name: domainName }), args);
      return act((context) => change(() => ({ type: 'AddDomain', domainId: newId(), name }), context));
    },
    'domain.remove': (args) => {
      const { name } = argumentsOf(z.object({ name: domainName }), args);
      return act((context) =>
        change((index) => ({ type: 'RemoveDomain', domainId: domainIdOf(index, name) }), context),
      );
    },
    'domain.list': async () => {
      const { state } = await engine.directory.current();
      return [...state.domains].map(([domainId, name]) => ({
        name,
        accounts: [...state.accounts.values()].filter((each) => each.domainId === domainId).length,
        aliases: [...state.aliases.values()].filter((each) => each.domainId === domainId).length,
      }));
    },
    'account.add': async (args) => {
      const schema = z.object({
        address,
        password,
        role: z.enum(roles).default('user'),
        name: z.string().max(200).optional(),
      });
      const wanted = argumentsOf(schema, args);
      const passwordHash = await hashPassword(wanted.password);
      const accountId = newId();
      return act(async (context) => {
        await change((index) => {
          const { localPart, domain } = wanted.address;
          const domainId = domainIdOf(index, domain);
          requireFree(index, wanted.address);
          const names = {
            accountId,
            domainId,
            role: wanted.role,
            localPart,
            displayName: wanted.name,
            passwordHash,
          };
          return { type: 'AddAccount', ...names, asOf: index.revision };
        }, context);
        await engine.mailboxes.openMailbox(accountId, context);
      });
    },
    'account.remove': (args) => {
      const wanted = argumentsOf(z.object({ address }), args).address;
      return act(async (context) => {
        const accountId = accountIdOf(await engine.directory.current(), wanted);
        await change(() => ({ type: 'RemoveAccount', accountId }), context);
        await engine.mailboxes.askMailbox(accountId, { type: 'CloseMailbox' }, context);
      });
    },
    'account.passwd': async (args) => {
      const wanted = argumentsOf(z.object({ address, password }), args);
      const passwordHash = await hashPassword(wanted.password);
      return act((context) =>
        change(
          (index) => ({
            type: 'ChangePassword',
            accountId: accountIdOf(index, wanted.address),
            passwordHash,
          }),
          context,
        ),
      );
    },
    'account.list': async () => {
      const index = await engine.directory.current();
      return [...index.state.accounts.values()].map((account) => ({
        address: index.addressOf(account.accountId) ?? '(erased)',
        role: account.role,
        name: isErased(account.identity) ? '' : (account.identity.displayName ?? ''),
        accountId: account.accountId,
      }));
    },
    'alias.add': (args) => {
      const wanted = argumentsOf(z.object({ address, targets: z.array(address).min(1).max(1000) }), args);
      return act((context) =>
        change((index) => {
          const { localPart, domain } = wanted.address;
          const domainId = domainIdOf(index, domain);
          requireFree(index, wanted.address);
          const targets = [...new Set(wanted.targets.map((target) => accountIdOf(index, target)))];
          return { type: 'AddAlias', aliasId: newId(), domainId, localPart, targets, asOf: index.revision };
        }, context),
      );
    },
    'alias.remove': (args) => {
      const wanted = argumentsOf(z.object({ address }), args).address;
      return act((context) =>
        change((index) => {
          const aliasId = index.aliasIdFor(wanted.localPart, wanted.domain);
          if (aliasId === undefined) throw new ControlError('no-such-alias', reasons['no-such-alias']);
          return { type: 'RemoveAlias', aliasId };
        }, context),
      );
    },
    'alias.list': async () => {
      const index = await engine.directory.current();
      return [...index.state.aliases.values()].map((alias) => {
        const shown = alias.address.map((each) => each.value).find((value) => !isErased(value));
        const localPart = shown === undefined || isErased(shown) ? '(erased)' : shown.localPart;
        return {
          address: `${localPart}@${index.state.domains.get(alias.domainId) ?? ''}`,
          targets: alias.targets.map((target) => index.addressOf(target) ?? '(erased)'),
        };
      });
    },
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

function domainIdOf(index: DirectoryIndex, domain: string): string {
  const domainId = index.domainIdOf(domain);
  if (domainId !== undefined) return domainId;
  const known = [...index.state.domains.values()].join(', ') || 'none';
  throw new ControlError('no-such-domain', `there is no domain ${domain}; the domains here: ${known}`);
}

function accountIdOf(index: DirectoryIndex, { localPart, domain }: Address): string {
  const account = index.accountByAddress(localPart, domain);
  if (account === undefined)
    throw new ControlError('no-such-account', `there is no account ${localPart}@${domain}`);
  return account.accountId;
}

function requireFree(index: DirectoryIndex, { localPart, domain }: Address): void {
  const taken =
    index.accountByAddress(localPart, domain) !== undefined
      ? 'an account'
      : index.aliasIdFor(localPart, domain) && 'an alias';
  if (taken) throw new ControlError('address-taken', `${localPart}@${domain} is ${taken} already`);
}
