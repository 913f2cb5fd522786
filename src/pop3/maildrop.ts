/** The maildrop: INBOX as it was at login (RFC 1939 section 3), and what the session marked in it. */
import { inboxId } from '../../events/mailbox.ts';
import { flagBits } from '../../events/message-table.ts';
import { formatUidSet } from '../../events/uid-set.ts';
import type { MessageContent, OpenMailbox } from '../mail/mailbox-access.ts';

export interface MaildropMessage {
  /** From 1. */
  readonly number: number;
  readonly uid: number;
  readonly size: number;
  /** Unique and stable, at most 70 characters (RFC 1939 section 7). */
  readonly uniqueId: string;
}

export interface Maildrop {
  /** Those that are not marked as deleted. */
  messages(): readonly MaildropMessage[];
  find(number: number): MaildropMessage | undefined;
  delete(number: number): void;
  reset(): void;
  /** Undefined when another session has expunged it. */
  content(message: MaildropMessage): Promise<MessageContent | undefined>;
  /** On record before the octets leave; the first time in a session. Says whether it was the first. */
  recordRead(message: MaildropMessage, part: 'RETR' | 'TOP'): Promise<void>;
  /** Marks what was retrieved as seen, as Dovecot does, and expunges what was deleted: durable when resolved. */
  update(): Promise<void>;
  release(): void;
}

export async function openMaildrop(mailbox: OpenMailbox): Promise<Maildrop> {
  const inbox = (await mailbox.current()).folders.get(inboxId);
  const table = inbox?.messages;
  const all = Array.from({ length: table?.length ?? 0 }, (_, row): MaildropMessage => {
    const { uid, size } = (table as NonNullable<typeof table>).rowAt(row);
    return { number: row + 1, uid, size, uniqueId: `${inbox?.uidValidity}.${uid}` };
  });
  const deleted = new Set<number>();
  const retrieved = new Set<number>();
  const recorded = new Set<string>();
  const alive = (message: MaildropMessage): boolean => !deleted.has(message.number);
  return {
    messages: () => all.filter(alive),
    find(number) {
      const message = all[number - 1];
      return message !== undefined && alive(message) ? message : undefined;
    },
    delete: (number) => void deleted.add(number),
    reset: () => deleted.clear(),
    content: (message) => mailbox.content(inboxId, message.uid),
    async recordRead(message, part) {
      if (part === 'RETR') retrieved.add(message.uid);
      const key = `${part} ${message.uid}`;
      if (recorded.has(key)) return;
      await mailbox.recordRead(inboxId, `${message.uid}`, part);
      recorded.add(key);
    },
    async update() {
      const gone = all.filter((message) => !alive(message)).map((message) => message.uid);
      const seen = [...retrieved].filter((uid) => !gone.includes(uid)).sort((a, b) => a - b);
      if (seen.length > 0) {
        const change = { flags: flagBits.seen, keywordIds: [] };
        await mailbox.execute({
          type: 'ChangeFlags',
          folderId: inboxId,
          uids: formatUidSet(seen),
          mode: 'add',
          change,
        });
      }
      if (gone.length > 0) {
        await mailbox.execute({
          type: 'ExpungeMessages',
          folderId: inboxId,
          uids: formatUidSet(gone),
          onlyDeleted: false,
        });
      }
    },
    release: () => mailbox.close(),
  };
}
