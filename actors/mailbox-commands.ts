/** What a mailbox can be asked, and what it answers. */
import type { Segment } from '../events/content.ts';
import type { ContentCommitment } from '../events/fields.ts';
import type { SpecialUse } from '../events/mailbox.ts';

export interface FolderPlan {
  readonly name: string;
  readonly specialUse?: SpecialUse | undefined;
}

/** Keyword names that the view did not know when it knew `asOf` keywords: they become `asOf`, `asOf + 1`, ... */
export interface NewKeywords {
  readonly names: readonly string[];
  readonly asOf: number;
}

export interface FlagSet {
  /** Bits of `flagBits`. */
  readonly flags: number;
  /** Keyword numbers, those of `NewKeywords` included. */
  readonly keywordIds: readonly number[];
}

export interface AppendedMessage extends FlagSet {
  readonly content: ContentCommitment;
  readonly size: number;
  readonly segments: readonly Segment[];
  readonly internalDate: number;
  readonly internalOffset: number;
}

export type MailboxCommand =
  | {
      readonly type: 'OpenMailbox';
      readonly modseqBase: number;
      readonly uidValidityBase: number;
      /** Folders beside INBOX, made and subscribed. */
      readonly folders: readonly FolderPlan[];
    }
  | {
      readonly type: 'DeliverMessage';
      readonly messageId: string;
      readonly blobId: string;
      readonly sourceIndex: number;
      readonly skippedSources: readonly number[];
      /** The source that was sent here before this one: unless it has arrived (or is among the skipped), a
       * delivery would hide it for good and is refused as `out-of-order`. */
      readonly afterSource: number | undefined;
      readonly size: number;
      readonly segments: readonly Segment[];
      /** Octets, one character each. */
      readonly addressed: string;
      readonly inline: readonly string[];
      /** When the message was accepted: its INTERNALDATE, milliseconds since the epoch. */
      readonly receivedAt: number;
    }
  | {
      readonly type: 'AppendMessages';
      readonly folderId: number;
      readonly messages: readonly AppendedMessage[];
      readonly newKeywords?: NewKeywords | undefined;
    }
  | {
      readonly type: 'ChangeFlags';
      readonly folderId: number;
      readonly uids: string;
      readonly mode: 'add' | 'remove' | 'replace';
      readonly change: FlagSet;
      /** RFC 7162 section 3.1.3: leave messages alone whose modseq is above. */
      readonly unchangedSince?: number | undefined;
      readonly newKeywords?: NewKeywords | undefined;
    }
  | {
      readonly type: 'CopyMessages' | 'MoveMessages';
      readonly folderId: number;
      readonly targetFolderId: number;
      readonly uids: string;
    }
  /** `onlyDeleted`: those of the set that carry `\Deleted`. */
  | {
      readonly type: 'ExpungeMessages';
      readonly folderId: number;
      readonly uids: string;
      readonly onlyDeleted: boolean;
    }
  /** Makes each name of `path` below the one before it. The view found none of them as of `foldersAsOf`. */
  | {
      readonly type: 'CreateFolders';
      readonly parentId: number | null;
      readonly path: readonly string[];
      readonly specialUse?: SpecialUse | undefined;
      readonly foldersAsOf: number;
    }
  | { readonly type: 'RestoreFolder'; readonly folderId: number }
  | {
      readonly type: 'RenameFolder';
      readonly folderId: number;
      readonly parentId: number | null;
      /** Missing parents to make below `parentId`, then the new leaf name. */
      readonly path: readonly string[];
      readonly foldersAsOf: number;
    }
  | { readonly type: 'DeleteFolder'; readonly folderId: number }
  | { readonly type: 'SubscribeFolder'; readonly path: string; readonly foldersAsOf: number }
  | { readonly type: 'UnsubscribeFolder'; readonly subscriptionId: number }
  | { readonly type: 'CloseMailbox' };

export type MailboxRejection =
  | 'not-open'
  | 'closed'
  | 'no-such-folder'
  | 'not-selectable'
  /** What the view knew is no longer so: look again and ask again. */
  | 'stale'
  | 'out-of-order'
  | 'is-inbox'
  | 'has-children'
  | 'own-descendant'
  | 'too-many-folders'
  | 'too-many-keywords'
  | 'uids-used-up';

export type MailboxReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'delivered'; readonly folderId: number; readonly uid: number }
  | { readonly kind: 'delivered-before' }
  | { readonly kind: 'delivery-refused'; readonly reason: 'mailbox-closed' | 'over-quota' | 'mailbox-full' }
  | { readonly kind: 'appended'; readonly uidValidity: number; readonly uids: string }
  | {
      readonly kind: 'transferred';
      readonly uidValidity: number;
      readonly sourceUids: string;
      readonly targetUids: string;
    }
  /** `changed`: those whose flags are other now; `modified`: those above `unchangedSince`. */
  | { readonly kind: 'flagged'; readonly changed: string; readonly modified: string }
  | { readonly kind: 'expunged'; readonly uids: string }
  | { readonly kind: 'folder'; readonly folderId: number; readonly uidValidity: number }
  | { readonly kind: 'rejected'; readonly reason: MailboxRejection };
