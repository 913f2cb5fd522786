/**
 * The directory view: domains, accounts with their addresses, aliases and where they lead. Here, and only
 * here, an address is looked up. Each event is folded (`events/directory.ts`) over the entries that it names.
 */
import type { StoredEvent } from '../../events/codec.ts';
import {
  type Account,
  type Alias,
  applyDirectory,
  type DirectoryEvent,
  type DirectoryState,
  directoryDefinitions,
  initialDirectory,
  type Role,
} from '../../events/directory.ts';
import { erased } from '../../events/event-definition.ts';
import type { KeyScope } from '../../events/scope-keys.ts';
import { opened, scopeId } from '../personal.ts';
import type { Projection } from '../projection.ts';
import type { ViewDatabase } from '../view-database.ts';

const schema = [
  `CREATE TABLE directory (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    installation_id TEXT
  ) STRICT`,
  `CREATE TABLE domains (
    domain_id TEXT PRIMARY KEY,
    name TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX domains_by_name ON domains (name)',
  /** `credential_set` tells an erased credential from none. */
  `CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY,
    domain_id TEXT NOT NULL,
    role TEXT NOT NULL,
    local_part TEXT,
    display_name TEXT,
    credential_set INTEGER NOT NULL,
    credential TEXT
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX accounts_by_address ON accounts (domain_id, local_part COLLATE NOCASE)',
  `CREATE TABLE aliases (
    alias_id TEXT PRIMARY KEY,
    domain_id TEXT NOT NULL,
    targets TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  /** The same address under the key of each target: it is known while one of them lives. */
  `CREATE TABLE alias_addresses (
    alias_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    domain_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    local_part TEXT,
    PRIMARY KEY (alias_id, place)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX aliases_by_address ON alias_addresses (domain_id, local_part COLLATE NOCASE)',
] as const;

export const directoryView: Projection<undefined> = {
  name: 'directory',
  version: 1,
  schema,
  handles: new Set(directoryDefinitions.map(({ type }) => type)),
  digest: [
    { table: 'directory', key: ['one'] },
    { table: 'domains', key: ['domain_id'] },
    { table: 'accounts', key: ['account_id'] },
    { table: 'aliases', key: ['alias_id'] },
    { table: 'alias_addresses', key: ['alias_id', 'place'] },
  ],
  apply: (db, stored) => applyEvent(db, stored as StoredEvent<DirectoryEvent>),
  purge: (db, scope) => purge(db, scope),
};

function applyEvent(db: ViewDatabase, stored: StoredEvent<DirectoryEvent>): void {
  const { event } = stored;
  const before = loadNamed(db, event);
  const state = applyDirectory(before, event, stored.revision);
  db.run('INSERT OR REPLACE INTO directory VALUES (1, ?, ?)', state.revision, state.installationId ?? null);
  switch (event.type) {
    case 'InstallationFounded':
      return;
    case 'DomainAdded':
    case 'DomainRemoved':
      saveDomain(db, event.data.domainId, state);
      return;
    case 'AccountAdded':
    case 'AccountRemoved':
    case 'PasswordChanged':
      saveAccount(db, event.data.accountId, state.accounts.get(event.data.accountId));
      return;
    case 'AliasAdded':
      saveAlias(db, event.data.aliasId, state.aliases.get(event.data.aliasId), event.data.address);
      return;
    case 'AliasRemoved':
      saveAlias(db, event.data.aliasId, state.aliases.get(event.data.aliasId), []);
      return;
    default:
      event satisfies never;
  }
}

interface AccountColumns {
  readonly domain_id: string;
  readonly role: Role;
  readonly local_part: string | null;
  readonly display_name: string | null;
  readonly credential_set: number;
  readonly credential: string | null;
}

/** As much of the directory as the fold needs for this event: a change to an account needs that account. */
function loadNamed(db: ViewDatabase, event: DirectoryEvent): DirectoryState {
  const known = db.get<{ installation_id: string | null }>('SELECT installation_id FROM directory');
  const state = { ...initialDirectory(), installationId: known?.installation_id ?? undefined };
  if (event.type !== 'PasswordChanged') return state;
  const { accountId } = event.data;
  const row = db.get<AccountColumns>('SELECT * FROM accounts WHERE account_id = ?', accountId);
  if (row !== undefined) state.accounts.set(accountId, accountOf(accountId, row));
  return state;
}

const accountOf = (accountId: string, row: AccountColumns): Account => ({
  accountId,
  domainId: row.domain_id,
  role: row.role,
  identity:
    row.local_part === null
      ? erased
      : {
          localPart: row.local_part,
          ...(row.display_name === null ? {} : { displayName: row.display_name }),
        },
  credential:
    row.credential_set === 0 ? undefined : row.credential === null ? erased : { hash: row.credential },
});

function saveDomain(db: ViewDatabase, domainId: string, state: DirectoryState): void {
  const name = state.domains.get(domainId);
  if (name === undefined) db.run('DELETE FROM domains WHERE domain_id = ?', domainId);
  else db.run('INSERT OR REPLACE INTO domains VALUES (?, ?)', domainId, name);
}

function saveAccount(db: ViewDatabase, accountId: string, account: Account | undefined): void {
  if (account === undefined) {
    db.run('DELETE FROM accounts WHERE account_id = ?', accountId);
    return;
  }
  const identity = opened(account.identity);
  db.run(
    'INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)',
    accountId,
    account.domainId,
    account.role,
    identity?.localPart ?? null,
    identity?.displayName ?? null,
    Number(account.credential !== undefined),
    opened(account.credential)?.hash ?? null,
  );
}

type AliasAddress = Extract<DirectoryEvent, { readonly type: 'AliasAdded' }>['data']['address'];

function saveAlias(db: ViewDatabase, aliasId: string, alias: Alias | undefined, address: AliasAddress): void {
  db.run('DELETE FROM alias_addresses WHERE alias_id = ?', aliasId);
  if (alias === undefined) {
    db.run('DELETE FROM aliases WHERE alias_id = ?', aliasId);
    return;
  }
  db.run(
    'INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)',
    aliasId,
    alias.domainId,
    JSON.stringify(alias.targets),
  );
  for (const [place, { scope, value }] of address.entries())
    db.run(
      'INSERT INTO alias_addresses VALUES (?, ?, ?, ?, ?)',
      aliasId,
      place,
      alias.domainId,
      scope,
      opened(value)?.localPart ?? null,
    );
}

function purge(db: ViewDatabase, scope: KeyScope): void {
  const accountId = scopeId('account', scope);
  if (accountId === undefined) return;
  db.run(
    'UPDATE accounts SET local_part = NULL, display_name = NULL, credential = NULL WHERE account_id = ?',
    accountId,
  );
  db.run('UPDATE alias_addresses SET local_part = NULL WHERE scope = ?', scope);
}
