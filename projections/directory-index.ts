/**
 * The directory as authentication and delivery ask it: by address. Folded in memory from `directory-main`, with
 * an index that the log's facts alone do not have. Local parts of our own domains are compared without case
 * (RFC 5321 section 2.4 leaves that to the domain's host), domains always are.
 */
import {
  type Account,
  applyDirectory,
  type DirectoryEvent,
  type DirectoryState,
  initialDirectory,
} from '../events/directory.ts';
import { isErased } from '../events/event-definition.ts';

export interface DirectoryIndex {
  readonly state: DirectoryState;
  readonly revision: number;
  apply(event: DirectoryEvent, revision: number): void;
  /** Notes an event that this program does not know, so that the revision moves on. */
  passOver(revision: number): void;
  isOurDomain(domain: string): boolean;
  domainIdOf(domain: string): string | undefined;
  /** The domain that was added first. */
  firstDomain(): string | undefined;
  /** Accounts that an address leads to, by itself or through aliases; empty when there are none. */
  accountsFor(localPart: string, domain: string): readonly string[];
  /** The account whose own address it is. */
  accountByAddress(localPart: string, domain: string): Account | undefined;
  /** Who gets the mail to a domain's postmaster when nobody has that name: the domain's oldest account. */
  oldestAccount(domain: string): string | undefined;
  addressOf(accountId: string): string | undefined;
  aliasIdFor(localPart: string, domain: string): string | undefined;
}

export function createDirectoryIndex(): DirectoryIndex {
  let state = initialDirectory();
  let revision = -1;
  const accounts = new Map<string, string>();
  const aliases = new Map<string, string>();

  const key = (localPart: string, domainId: string): string => `${localPart.toLowerCase()}@${domainId}`;
  const domainIdOf = (domain: string): string | undefined => {
    const wanted = domain.toLowerCase();
    for (const [domainId, name] of state.domains) if (name === wanted) return domainId;
    return undefined;
  };

  function apply(event: DirectoryEvent, at: number): void {
    if (event.type === 'AccountRemoved') forget(accounts, event.data.accountId);
    if (event.type === 'AliasRemoved') forget(aliases, event.data.aliasId);
    state = applyDirectory(state, event, at);
    revision = at;
    if (event.type === 'AccountAdded' && !isErased(event.data.identity)) {
      accounts.set(key(event.data.identity.localPart, event.data.domainId), event.data.accountId);
    }
    if (event.type === 'AliasAdded') {
      for (const { value } of event.data.address) {
        if (!isErased(value)) aliases.set(key(value.localPart, event.data.domainId), event.data.aliasId);
      }
    }
  }

  function accountByAddress(localPart: string, domain: string): Account | undefined {
    const domainId = domainIdOf(domain);
    const accountId = domainId === undefined ? undefined : accounts.get(key(localPart, domainId));
    return accountId === undefined ? undefined : state.accounts.get(accountId);
  }

  function aliasIdFor(localPart: string, domain: string): string | undefined {
    const domainId = domainIdOf(domain);
    return domainId === undefined ? undefined : aliases.get(key(localPart, domainId));
  }

  return {
    get state() {
      return state;
    },
    get revision() {
      return revision;
    },
    apply,
    passOver: (at) => {
      revision = at;
    },
    isOurDomain: (domain) => domainIdOf(domain) !== undefined,
    domainIdOf,
    firstDomain: () => state.domains.values().next().value,
    accountsFor(localPart, domain) {
      const own = accountByAddress(localPart, domain);
      if (own !== undefined) return [own.accountId];
      const alias = state.aliases.get(aliasIdFor(localPart, domain) ?? '');
      return alias === undefined ? [] : alias.targets.filter((each) => state.accounts.has(each));
    },
    accountByAddress,
    oldestAccount(domain) {
      const domainId = domainIdOf(domain);
      for (const account of state.accounts.values())
        if (account.domainId === domainId) return account.accountId;
      return undefined;
    },
    addressOf: (accountId) => addressOf(state, accountId),
    aliasIdFor,
  };
}

function forget(index: Map<string, string>, id: string): void {
  for (const [address, each] of index) if (each === id) index.delete(address);
}

function addressOf(state: DirectoryState, accountId: string): string | undefined {
  const account = state.accounts.get(accountId);
  if (account === undefined || isErased(account.identity)) return undefined;
  const domain = state.domains.get(account.domainId);
  return domain === undefined ? undefined : `${account.identity.localPart}@${domain}`;
}
