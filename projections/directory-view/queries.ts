/** What the directory view answers. Erased names are null. Local parts compare without case (ASCII). */
import type { Role } from '../../events/directory.ts';
import type { ViewDatabase } from '../view-database.ts';

export interface DomainEntry {
  readonly domainId: string;
  readonly name: string;
}

export interface AccountEntry {
  readonly accountId: string;
  readonly domainId: string;
  /** Null when the domain was removed. */
  readonly domain: string | null;
  readonly role: Role;
  readonly localPart: string | null;
  readonly displayName: string | null;
}

export interface AliasEntry {
  readonly aliasId: string;
  readonly domainId: string;
  readonly domain: string | null;
  readonly localPart: string | null;
  readonly targets: readonly string[];
}

/** Where an address leads. */
export type Resolved =
  | { readonly kind: 'local'; readonly accountIds: readonly string[] }
  | { readonly kind: 'unknown-mailbox' }
  | { readonly kind: 'not-ours' };

const accountColumns = `a.account_id AS accountId, a.domain_id AS domainId, d.name AS domain, a.role,
  a.local_part AS localPart, a.display_name AS displayName`;

type AliasRow = Omit<AliasEntry, 'targets'> & { readonly targets: string };
const aliasOf = (row: AliasRow): AliasEntry => ({ ...row, targets: JSON.parse(row.targets) as string[] });
const aliasColumns = `l.alias_id AS aliasId, l.domain_id AS domainId, d.name AS domain, l.targets,
  (SELECT min(local_part) FROM alias_addresses s WHERE s.alias_id = l.alias_id) AS localPart`;

export const directoryQueries = {
  /** The revision of the directory's stream that the view has reached, -1 before the first event. */
  revision: (db: ViewDatabase): number =>
    db.get<{ revision: number }>('SELECT revision FROM directory')?.revision ?? -1,

  installationId: (db: ViewDatabase): string | null =>
    db.get<{ id: string | null }>('SELECT installation_id AS id FROM directory')?.id ?? null,

  domains: (db: ViewDatabase): DomainEntry[] =>
    db.all('SELECT domain_id AS domainId, name FROM domains ORDER BY domain_id'),

  domain: (db: ViewDatabase, name: string): DomainEntry | undefined =>
    db.get(
      'SELECT domain_id AS domainId, name FROM domains WHERE name = ? ORDER BY domain_id',
      name.toLowerCase(),
    ),

  accounts: (db: ViewDatabase): AccountEntry[] =>
    db.all(
      `SELECT ${accountColumns} FROM accounts a LEFT JOIN domains d USING (domain_id) ORDER BY account_id`,
    ),

  account: (db: ViewDatabase, accountId: string): AccountEntry | undefined =>
    db.get(
      `SELECT ${accountColumns} FROM accounts a LEFT JOIN domains d USING (domain_id) WHERE account_id = ?`,
      accountId,
    ),

  /** The PHC string of an account; null when it has none or it is erased. */
  credential: (db: ViewDatabase, accountId: string): string | null =>
    db.get<{ credential: string | null }>('SELECT credential FROM accounts WHERE account_id = ?', accountId)
      ?.credential ?? null,

  /** The account whose own address this is (aliases are no logins). */
  accountByAddress: (db: ViewDatabase, localPart: string, domain: string): AccountEntry | undefined =>
    db.get(
      `SELECT ${accountColumns} FROM domains d JOIN accounts a USING (domain_id)
       WHERE d.name = ? AND a.local_part = ? COLLATE NOCASE ORDER BY account_id`,
      domain.toLowerCase(),
      localPart,
    ),

  aliases: (db: ViewDatabase): AliasEntry[] =>
    db
      .all<AliasRow>(
        `SELECT ${aliasColumns} FROM aliases l LEFT JOIN domains d USING (domain_id) ORDER BY alias_id`,
      )
      .map(aliasOf),

  aliasByAddress: (db: ViewDatabase, localPart: string, domain: string): AliasEntry | undefined => {
    const row = db.get<AliasRow>(
      `SELECT ${aliasColumns} FROM aliases l JOIN domains d USING (domain_id)
       WHERE d.name = ? AND EXISTS (
         SELECT 1 FROM alias_addresses s
         WHERE s.alias_id = l.alias_id AND s.domain_id = l.domain_id AND s.local_part = ? COLLATE NOCASE)
       ORDER BY alias_id`,
      domain.toLowerCase(),
      localPart,
    );
    return row === undefined ? undefined : aliasOf(row);
  },

  /** An account's own address comes before an alias of the same name. Only targets that exist count. */
  resolve(db: ViewDatabase, localPart: string, domain: string): Resolved {
    if (directoryQueries.domain(db, domain) === undefined) return { kind: 'not-ours' };
    const account = directoryQueries.accountByAddress(db, localPart, domain);
    if (account !== undefined) return { kind: 'local', accountIds: [account.accountId] };
    const alias = directoryQueries.aliasByAddress(db, localPart, domain);
    const accountIds = (alias?.targets ?? []).filter(
      (accountId) => directoryQueries.account(db, accountId) !== undefined,
    );
    return accountIds.length === 0 ? { kind: 'unknown-mailbox' } : { kind: 'local', accountIds };
  },

  /** Every address that leads to the account, its own first. */
  addressesOf: (db: ViewDatabase, accountId: string): { localPart: string; domain: string }[] =>
    db.all(
      `SELECT a.local_part AS localPart, d.name AS domain FROM accounts a JOIN domains d USING (domain_id)
       WHERE a.account_id = ? AND a.local_part IS NOT NULL
       UNION ALL
       SELECT DISTINCT s.local_part, d.name FROM aliases l
       JOIN json_each(l.targets) t ON t.value = ?
       JOIN alias_addresses s ON s.alias_id = l.alias_id AND s.local_part IS NOT NULL
       JOIN domains d ON d.domain_id = l.domain_id`,
      accountId,
      accountId,
    ),
} as const;
