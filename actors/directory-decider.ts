/**
 * The directory: domains, accounts, aliases. Whether an address is free is the view's answer: commands that
 * take an address name the revision (`asOf`) at which the view found it free.
 */
import {
  applyDirectory,
  type DirectoryEvent,
  type DirectoryState,
  initialDirectory,
  type Role,
} from '../events/directory.ts';
import { accountScope } from '../events/scope-keys.ts';
import { directoryStream } from '../events/streams.ts';
import type { Decider, Decision } from './decider.ts';

export type DirectoryCommand =
  | { readonly type: 'FoundInstallation'; readonly installationId: string }
  | { readonly type: 'AddDomain'; readonly domainId: string; readonly name: string }
  | { readonly type: 'RemoveDomain'; readonly domainId: string }
  | {
      readonly type: 'AddAccount';
      readonly accountId: string;
      readonly domainId: string;
      readonly role: Role;
      readonly localPart: string;
      readonly displayName?: string | undefined;
      readonly passwordHash: string;
      readonly asOf: number;
    }
  | { readonly type: 'RemoveAccount'; readonly accountId: string }
  | { readonly type: 'ChangePassword'; readonly accountId: string; readonly passwordHash: string }
  | {
      readonly type: 'AddAlias';
      readonly aliasId: string;
      readonly domainId: string;
      readonly localPart: string;
      readonly targets: readonly string[];
      readonly asOf: number;
    }
  | { readonly type: 'RemoveAlias'; readonly aliasId: string };

export type DirectoryReply =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'rejected';
      readonly reason:
        | 'domain-exists'
        | 'no-such-domain'
        | 'domain-in-use'
        | 'no-such-account'
        | 'account-in-use'
        | 'no-such-alias'
        | 'stale';
    };

type DirectoryDecision = Decision<DirectoryEvent, DirectoryReply>;
const done = (...events: DirectoryEvent[]): DirectoryDecision => ({ events, reply: { kind: 'done' } });
const rejected = (reason: Extract<DirectoryReply, { kind: 'rejected' }>['reason']): DirectoryDecision => ({
  events: [],
  reply: { kind: 'rejected', reason },
});

export const directoryDecider: Decider<DirectoryState, DirectoryCommand, DirectoryEvent, DirectoryReply> = {
  stream: () => directoryStream,
  initial: initialDirectory,
  apply: applyDirectory,
  decide,
};

function decide(command: DirectoryCommand, state: DirectoryState): DirectoryDecision {
  switch (command.type) {
    case 'FoundInstallation':
      if (state.installationId !== undefined) return done();
      return done({ type: 'InstallationFounded', data: { installationId: command.installationId } });
    case 'AddDomain': {
      const { domainId, name } = command;
      if ([...state.domains.values()].includes(name)) return rejected('domain-exists');
      return done({ type: 'DomainAdded', data: { domainId, name } });
    }
    case 'RemoveDomain': {
      const { domainId } = command;
      if (!state.domains.has(domainId)) return rejected('no-such-domain');
      const inUse = [...state.accounts.values(), ...state.aliases.values()].some(
        (each) => each.domainId === domainId,
      );
      return inUse ? rejected('domain-in-use') : done({ type: 'DomainRemoved', data: { domainId } });
    }
    case 'AddAccount':
      return addAccount(command, state);
    case 'RemoveAccount': {
      const { accountId } = command;
      if (!state.accounts.has(accountId)) return rejected('no-such-account');
      const inUse = [...state.aliases.values()].some((alias) => alias.targets.includes(accountId));
      return inUse ? rejected('account-in-use') : done({ type: 'AccountRemoved', data: { accountId } });
    }
    case 'ChangePassword': {
      const { accountId, passwordHash } = command;
      if (!state.accounts.has(accountId)) return rejected('no-such-account');
      return done({ type: 'PasswordChanged', data: { accountId, credential: { hash: passwordHash } } });
    }
    case 'AddAlias': {
      const { aliasId, domainId, targets, localPart } = command;
      if (command.asOf !== state.revision) return rejected('stale');
      if (!state.domains.has(domainId)) return rejected('no-such-domain');
      if (targets.length === 0 || targets.some((each) => !state.accounts.has(each)))
        return rejected('no-such-account');
      const address = targets.map((each) => ({ scope: accountScope(each), value: { localPart } }));
      return done({ type: 'AliasAdded', data: { aliasId, domainId, targets: [...targets], address } });
    }
    case 'RemoveAlias':
      if (!state.aliases.has(command.aliasId)) return rejected('no-such-alias');
      return done({ type: 'AliasRemoved', data: { aliasId: command.aliasId } });
    default:
      command satisfies never;
      return done();
  }
}

function addAccount(
  command: Extract<DirectoryCommand, { type: 'AddAccount' }>,
  state: DirectoryState,
): DirectoryDecision {
  const { accountId, domainId, role, localPart, displayName, passwordHash } = command;
  if (command.asOf !== state.revision) return rejected('stale');
  if (!state.domains.has(domainId)) return rejected('no-such-domain');
  const identity = { localPart, ...(displayName === undefined ? {} : { displayName }) };
  return done(
    { type: 'AccountAdded', data: { accountId, domainId, role, identity } },
    { type: 'PasswordChanged', data: { accountId, credential: { hash: passwordHash } } },
  );
}
