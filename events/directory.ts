/**
 * `directory-main`: domains, accounts, credentials, aliases, and who changed them.
 * No decider looks an address up here (addresses may be erased): that is a view's job. A command that
 * needs an address to be free names the revision at which the view found it free.
 */
import { z } from 'zod';
import { box, boxList, defineEvent, type EventOf, type Personal } from './event-definition.ts';
import { id } from './fields.ts';
import { accountScope, type KeyScope } from './scope-keys.ts';

const ofAccount = (input: { data: { accountId: string } }): KeyScope => accountScope(input.data.accountId);

export const roles = ['user', 'operator', 'auditor', 'officer'] as const;
export type Role = (typeof roles)[number];

const installationFounded = defineEvent('InstallationFounded', {
  version: 1,
  clear: { installationId: id },
});
const domainAdded = defineEvent('DomainAdded', {
  version: 1,
  /** Lower case, A-labels. A domain of the installation names an organisation, not a person. */
  clear: { domainId: id, name: z.string().min(1) },
});
const domainRemoved = defineEvent('DomainRemoved', { version: 1, clear: { domainId: id } });
const accountAdded = defineEvent('AccountAdded', {
  version: 1,
  clear: { accountId: id, domainId: id, role: z.enum(roles) },
  boxes: {
    identity: box(z.object({ localPart: z.string(), displayName: z.string().optional() }), ofAccount),
  },
});
const accountRemoved = defineEvent('AccountRemoved', { version: 1, clear: { accountId: id } });
const passwordChanged = defineEvent('PasswordChanged', {
  version: 1,
  clear: { accountId: id },
  /** A PHC string: `$argon2id$v=19$m=...,t=...,p=...$salt$hash`. */
  boxes: { credential: box(z.object({ hash: z.string() }), ofAccount) },
});
const aliasAdded = defineEvent('AliasAdded', {
  version: 1,
  clear: { aliasId: id, domainId: id, targets: z.array(id).min(1) },
  /** The same address under the key of each target. */
  boxes: { address: boxList(z.object({ localPart: z.string() })) },
});
const aliasRemoved = defineEvent('AliasRemoved', { version: 1, clear: { aliasId: id } });

export const directoryDefinitions = [
  installationFounded,
  domainAdded,
  domainRemoved,
  accountAdded,
  accountRemoved,
  passwordChanged,
  aliasAdded,
  aliasRemoved,
] as const;
export type DirectoryEvent = EventOf<(typeof directoryDefinitions)[number]>;

export interface Account {
  readonly accountId: string;
  readonly domainId: string;
  readonly role: Role;
  readonly identity: Personal<{ readonly localPart: string; readonly displayName?: string | undefined }>;
  readonly credential: Personal<{ readonly hash: string }> | undefined;
}

export interface Alias {
  readonly aliasId: string;
  readonly domainId: string;
  readonly targets: readonly string[];
  readonly address: readonly { readonly value: Personal<{ readonly localPart: string }> }[];
}

export interface DirectoryState {
  readonly revision: number;
  readonly installationId: string | undefined;
  readonly domains: Map<string, string>;
  readonly accounts: Map<string, Account>;
  readonly aliases: Map<string, Alias>;
}

export const initialDirectory = (): DirectoryState => ({
  revision: -1,
  installationId: undefined,
  domains: new Map(),
  accounts: new Map(),
  aliases: new Map(),
});

/** Consumes `state`: the maps are changed in place, the caller keeps only what is returned. */
export function applyDirectory(
  state: DirectoryState,
  event: DirectoryEvent,
  revision: number,
): DirectoryState {
  const next = { ...state, revision };
  switch (event.type) {
    case 'InstallationFounded':
      return { ...next, installationId: event.data.installationId };
    case 'DomainAdded':
      next.domains.set(event.data.domainId, event.data.name);
      return next;
    case 'DomainRemoved':
      next.domains.delete(event.data.domainId);
      return next;
    case 'AccountAdded': {
      const { accountId, domainId, role, identity } = event.data;
      next.accounts.set(accountId, { accountId, domainId, role, identity, credential: undefined });
      return next;
    }
    case 'AccountRemoved':
      next.accounts.delete(event.data.accountId);
      return next;
    case 'PasswordChanged': {
      const account = next.accounts.get(event.data.accountId);
      if (account !== undefined)
        next.accounts.set(account.accountId, { ...account, credential: event.data.credential });
      return next;
    }
    case 'AliasAdded': {
      const { aliasId, domainId, targets, address } = event.data;
      next.aliases.set(aliasId, { aliasId, domainId, targets, address });
      return next;
    }
    case 'AliasRemoved':
      next.aliases.delete(event.data.aliasId);
      return next;
    default:
      event satisfies never;
      return next;
  }
}
