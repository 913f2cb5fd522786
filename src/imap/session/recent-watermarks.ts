/**
 * Which messages are `\Recent` (RFC 3501 section 2.3.2): those that came since any session of this process
 * last selected the folder. Kept in memory for all listeners of the same mailboxes; what is not known (after
 * a start, or when too many folders were opened since) counts as recent, as the RFC asks.
 */
import { limits } from '../../limits.ts';
import type { MailboxAccess } from '../../mail/mailbox-access.ts';

export interface RecentWatermarks {
  /** The first UID that no session has been told of. */
  get(folderKey: string): number;
  raise(folderKey: string, uidNext: number): void;
}

const shared = new WeakMap<MailboxAccess, RecentWatermarks>();

export function recentWatermarksOf(mailboxes: MailboxAccess): RecentWatermarks {
  let watermarks = shared.get(mailboxes);
  if (watermarks === undefined) {
    watermarks = createRecentWatermarks();
    shared.set(mailboxes, watermarks);
  }
  return watermarks;
}

export function folderKey(accountId: string, folderId: number, uidValidity: number): string {
  return `${accountId}/${folderId}/${uidValidity}`;
}

function createRecentWatermarks(): RecentWatermarks {
  const watermarks = new Map<string, number>();
  return {
    get: (key) => watermarks.get(key) ?? 1,
    raise(key, uidNext) {
      const before = watermarks.get(key) ?? 1;
      watermarks.delete(key);
      watermarks.set(key, Math.max(before, uidNext));
      const oldest = watermarks.size > limits.imap.recentKeptMax ? watermarks.keys().next() : undefined;
      if (oldest?.done === false) watermarks.delete(oldest.value);
    },
  };
}
