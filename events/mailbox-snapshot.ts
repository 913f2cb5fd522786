/**
 * A folded mailbox as octets: JSON for what is small, the columns of each folder as they are. A cache
 * format, not a record: what cannot be read is folded again.
 */
import { erased, type Personal } from './event-definition.ts';
import { type Folder, initialMailbox, type MailboxState, mailboxFoldVersion } from './mailbox-state.ts';
import { MessageTable } from './message-table.ts';

/** Fold version and format together. */
export const mailboxSnapshotVersion = mailboxFoldVersion * 100 + 1;

interface FolderHead extends Omit<Folder, 'messages' | 'label'> {
  readonly label: unknown;
  readonly length: number;
  readonly octetsOfColumns: number;
}

const open = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && '$erased' in value ? erased : value;

export function encodeMailbox(state: MailboxState): Uint8Array {
  const tables: Uint8Array[] = [];
  const folders = [...state.folders.values()].map(({ messages, ...folder }) => {
    const columns = messages.toBytes();
    tables.push(columns);
    return { ...folder, length: messages.length, octetsOfColumns: columns.length };
  });
  const head = Buffer.from(
    JSON.stringify({
      ...state,
      folders,
      keywordSetIndex: undefined,
      subscriptions: [...state.subscriptions],
      skippedSources: [...state.skippedSources],
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, ...tables]);
}

export function decodeMailbox(octets: Uint8Array): MailboxState {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const headLength = buffer.readUInt32BE(0);
  const head = JSON.parse(buffer.toString('utf8', 4, 4 + headLength)) as Omit<
    MailboxState,
    'folders' | 'subscriptions' | 'skippedSources' | 'keywordSetIndex'
  > & { folders: FolderHead[]; subscriptions: [number, unknown][]; skippedSources: number[] };
  const folders = new Map<number, Folder>();
  let offset = 4 + headLength;
  for (const { length, octetsOfColumns, label, ...folder } of head.folders) {
    const messages = MessageTable.fromBytes(buffer.subarray(offset, offset + octetsOfColumns), length);
    offset += octetsOfColumns;
    const specialUse = folder.specialUse;
    folders.set(folder.id, {
      ...folder,
      specialUse,
      label: open(label) as Personal<{ name: string }>,
      messages,
    });
  }
  if (offset !== buffer.length) throw new RangeError('a mailbox snapshot has octets left over');
  return {
    ...initialMailbox(),
    ...head,
    folders,
    keywords: head.keywords.map((each) => open(each) as Personal<{ name: string }>),
    keywordSetIndex: new Map(head.keywordSets.map((each, n) => [each.join(','), n])),
    subscriptions: new Map(
      head.subscriptions.map(([id, label]) => [id, open(label) as Personal<{ path: string }>]),
    ),
    skippedSources: new Set(head.skippedSources),
  };
}
