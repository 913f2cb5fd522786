/**
 * Valid event lists out of arbitrary numbers: each step becomes an event that the state so far allows. What
 * a mailbox allows is asked of the fold itself.
 */
import fc from 'fast-check';
import type { StoredEvent } from '../../events/codec.ts';
import type { MailboxEvent } from '../../events/mailbox.ts';
import { applyMailbox, initialMailbox, type MailboxState } from '../../events/mailbox-state.ts';
import { accountScope, messageScope } from '../../events/scope-keys.ts';
import {
  directoryStream,
  mailboxStream,
  messageStream,
  queueStream,
  sessionStream,
} from '../../events/streams.ts';
import { formatUidSet } from '../../events/uid-set.ts';
import { type EventScript, eventScript, testId } from './event-script.ts';

export interface Step {
  readonly act: number;
  readonly account: number;
  readonly folder: number;
  readonly other: number;
  readonly pick: number;
}

export const steps = (length: number): fc.Arbitrary<readonly Step[]> => {
  const number = fc.nat({ max: 1_000_000 });
  const step = fc.record({
    act: number,
    account: fc.nat({ max: 1 }),
    folder: number,
    other: number,
    pick: number,
  });
  return fc.array(step, { maxLength: length, size: 'max' });
};

interface Story {
  readonly script: EventScript;
  readonly mailboxes: Map<string, MailboxState>;
  lastMessage: number;
}

export const storyAccounts = [testId(1), testId(2)] as const;
export const storyQueue = queueStream('local');
export const storySession = testId(50);
export const storyContent = (messageId: string) => ({
  messageId,
  blobId: messageId,
  length: 100,
  sealedLength: 200,
  chunkRoot: '0'.repeat(64),
});

/** The events of the steps, behind an opening that founds two accounts with an inbox each. */
export function tellStory(told: readonly Step[]): StoredEvent[] {
  const story: Story = { script: eventScript(), mailboxes: new Map(), lastMessage: 100 };
  open(story);
  for (const step of told) acts[step.act % acts.length]?.(story, step);
  return story.script.events;
}

function open(story: Story): void {
  const { script } = story;
  const domainId = testId(90);
  script.add(directoryStream, { type: 'InstallationFounded', data: { installationId: testId(91) } });
  script.add(directoryStream, { type: 'DomainAdded', data: { domainId, name: 'example.test' } });
  for (const [n, accountId] of storyAccounts.entries()) {
    const identity = { localPart: `person${n}`, displayName: `Person ${n}` };
    script.add(directoryStream, {
      type: 'AccountAdded',
      data: { accountId, domainId, role: 'user', identity },
    });
    script.add(directoryStream, {
      type: 'PasswordChanged',
      data: { accountId, credential: { hash: `$argon2id$${n}` } },
    });
    story.mailboxes.set(accountId, initialMailbox());
    mailbox(story, accountId, {
      type: 'MailboxOpened',
      data: { accountId, modseqBase: 10, uidValidityBase: 5 },
    });
    for (const folderId of [1, 2, 3])
      mailbox(story, accountId, {
        type: 'FolderCreated',
        data: { folderId, parentId: null, uidValidity: 5 + folderId, label: { name: `Folder ${folderId}` } },
      });
  }
  script.add(directoryStream, {
    type: 'AliasAdded',
    data: {
      aliasId: testId(92),
      domainId,
      targets: [...storyAccounts],
      address: storyAccounts.map((id) => ({ scope: accountScope(id), value: { localPart: 'everybody' } })),
    },
  });
  script.add(sessionStream(storySession), {
    type: 'SessionOpened',
    data: {
      protocol: 'imap',
      listener: 'imap',
      implicitTls: false,
      openedAt: 0,
      peer: { address: '192.0.2.1', port: 4000, localAddress: '192.0.2.2', localPort: 143 },
    },
  });
}

function mailbox(story: Story, accountId: string, event: MailboxEvent): void {
  const stored = story.script.add(mailboxStream(accountId), event, `session:${storySession}`);
  const state = story.mailboxes.get(accountId) ?? initialMailbox();
  story.mailboxes.set(accountId, applyMailbox(state, event, stored.revision, stored.at));
}

interface Scene {
  readonly accountId: string;
  readonly state: MailboxState;
  readonly folderId: number;
  readonly otherId: number;
  /** Some of the folder's messages; empty when it has none. */
  readonly uids: string;
}

function sceneOf(story: Story, step: Step): Scene {
  const accountId = storyAccounts[step.account] ?? storyAccounts[0];
  const state = story.mailboxes.get(accountId) ?? initialMailbox();
  const selectable = [...state.folders.values()].filter((folder) => folder.selectable);
  const folder = selectable[step.folder % selectable.length];
  const other = selectable[step.other % selectable.length];
  const { messages } = folder ?? { messages: undefined };
  const all = Array.from({ length: messages?.length ?? 0 }, (_, row) => messages?.uidAt(row) ?? 0);
  const picked = all.filter((uid) => (uid * 7 + step.pick) % 3 !== 0);
  return { accountId, state, folderId: folder?.id ?? 1, otherId: other?.id ?? 1, uids: formatUidSet(picked) };
}

function accept(story: Story, accountId: string): string {
  const messageId = testId(++story.lastMessage);
  story.script.add(messageStream(messageId), {
    type: 'MessageAccepted',
    data: {
      ...{ sessionId: storySession, origin: 'mx', newlinesNormalized: false, size: 120 },
      content: storyContent(messageId),
      segments: [{ kind: 'blob', offset: 0, length: 100 }],
      recipients: [{ accountIds: [accountId] }],
      envelope: {
        reversePath: { asSent: '<a@out.test>', address: 'a@out.test' },
        parameters: [],
        helo: 'out.test',
        protocol: 'ESMTP',
        peerAddress: '192.0.2.9',
      },
      inline: [],
      summary: {
        messageIdHeader: `<${messageId}@out.test>`,
        subject: `about ${messageId}`,
        from: 'a@out.test',
      },
      forwardPaths: [
        {
          scope: accountScope(accountId),
          value: { asSent: '<p@example.test>', address: 'p@example.test', parameters: [] },
        },
        {
          scope: messageScope(messageId),
          value: { asSent: '<x@y.test>', address: 'x@y.test', parameters: [] },
        },
      ],
    },
  });
  return messageId;
}

type Act = (story: Story, step: Step) => void;

const deliver: Act = (story, step) => {
  const { accountId, state, folderId } = sceneOf(story, step);
  const messageId = accept(story, accountId);
  const uid = state.folders.get(folderId)?.uidNext ?? 1;
  mailbox(story, accountId, {
    type: 'MessageDelivered',
    data: {
      ...{ messageId, blobId: messageId, sourceIndex: story.script.events.length - 1, skippedSources: [] },
      ...{ folderId, uid, size: 130 + (step.pick % 50), internalDate: 1_000 },
      segments: [
        { kind: 'inline', length: 4 },
        { kind: 'inline', length: 4 },
        { kind: 'blob', offset: 0, length: 100 },
      ],
      addressed: 'D: \n',
      inline: ['R: \n'],
    },
  });
};

const append: Act = (story, step) => {
  const { accountId, state, folderId } = sceneOf(story, step);
  const messages = Array.from({ length: 1 + (step.pick % 3) }, () => ({
    content: storyContent(testId(++story.lastMessage)),
    ...{ size: 100, internalDate: 2_000, internalOffset: 60, flags: step.pick % 32 },
    segments: [{ kind: 'blob' as const, offset: 0, length: 100 }],
    keywordIds: step.pick % 2 === 0 ? [] : [0],
  }));
  const firstUid = state.folders.get(folderId)?.uidNext ?? 1;
  if (state.keywords.length === 0)
    mailbox(story, accountId, { type: 'KeywordDeclared', data: { keywordId: 0, label: { name: 'todo' } } });
  mailbox(story, accountId, { type: 'MessagesAppended', data: { folderId, firstUid, messages } });
};

const transfer =
  (type: 'MessagesCopied' | 'MessagesMoved'): Act =>
  (story, step) => {
    const { accountId, state, folderId, otherId, uids } = sceneOf(story, step);
    if (uids === '') return;
    const firstUid = state.folders.get(otherId)?.uidNext ?? 1;
    mailbox(story, accountId, {
      type,
      data: { sourceFolderId: folderId, targetFolderId: otherId, uids, firstUid },
    });
  };

const flag: Act = (story, step) => {
  const { accountId, state, folderId, uids } = sceneOf(story, step);
  if (uids === '') return;
  const mode = (['add', 'remove', 'replace'] as const)[step.pick % 3] ?? 'add';
  const keywordIds = state.keywords.length > 0 && step.other % 2 === 0 ? [0] : [];
  mailbox(story, accountId, {
    type: 'MessagesFlagged',
    data: { folderId, uids, mode, flags: step.other % 32, keywordIds },
  });
};

const expunge: Act = (story, step) => {
  const { accountId, folderId, uids } = sceneOf(story, step);
  if (uids !== '') mailbox(story, accountId, { type: 'MessagesExpunged', data: { folderId, uids } });
};

const folders: Act = (story, step) => {
  const { accountId, state, folderId } = sceneOf(story, step);
  const spare = [...state.folders.values()].find((folder) => !folder.selectable);
  const uidValidity = state.lastUidValidity + 1;
  if (spare !== undefined)
    mailbox(story, accountId, { type: 'FolderRestored', data: { folderId: spare.id, uidValidity } });
  else if (folderId > 2 && step.pick % 2 === 0)
    mailbox(story, accountId, {
      type: 'FolderDeleted',
      data: { folderId, keptAsParent: step.pick % 4 === 0 },
    });
  else if (step.pick % 3 === 0)
    mailbox(story, accountId, {
      type: 'FolderRenamed',
      data: { folderId, parentId: null, label: { name: `Renamed ${step.pick}` } },
    });
  else
    mailbox(story, accountId, {
      type: 'FolderCreated',
      data: {
        folderId: state.lastFolderId + 1,
        parentId: folderId,
        uidValidity,
        specialUse: 'Archive',
        label: { name: `New ${step.pick}` },
      },
    });
};

const subscribe: Act = (story, step) => {
  const { accountId, state } = sceneOf(story, step);
  const known = [...state.subscriptions.keys()][0];
  if (known !== undefined && step.pick % 2 === 0)
    mailbox(story, accountId, { type: 'FolderUnsubscribed', data: { subscriptionId: known } });
  else
    mailbox(story, accountId, {
      type: 'FolderSubscribed',
      data: { subscriptionId: state.lastSubscriptionId + 1, label: { path: `Path ${step.pick}` } },
    });
};

const read: Act = (story, step) => {
  const { accountId, folderId, uids } = sceneOf(story, step);
  const readerId = storyAccounts[step.pick % 2] ?? accountId;
  const stream = sessionStream(storySession);
  if (uids === '')
    story.script.add(stream, {
      type: 'FolderOpened',
      data: { readerId, accountId, readOnly: false, act: { folderId } },
    });
  else
    story.script.add(stream, {
      type: 'MessagesRead',
      data: { readerId, accountId, act: { folderId, uids, part: 'BODY[]' } },
    });
};

const login: Act = (story, step) => {
  const stream = sessionStream(storySession);
  const readerId = storyAccounts[step.account] ?? storyAccounts[0];
  if (step.pick % 2 === 0)
    story.script.add(stream, {
      type: 'Authenticated',
      data: { mechanism: 'PLAIN', readerId, who: { authenticationId: 'person', address: '192.0.2.1' } },
    });
  else
    story.script.add(stream, {
      type: 'CommandRefused',
      data: { verb: 'RCPT', code: '550', enhanced: '5.1.1', reply: { text: 'no <someone@example.test>' } },
    });
};

const enqueue: Act = (story, step) => {
  const { accountId } = sceneOf(story, step);
  const messageId = accept(story, accountId);
  const named = { messageId, accountId };
  const sourceIndex = story.script.events.length - 1;
  const reason = 'busy';
  story.script.add(storyQueue, {
    type: 'DeliveryEnqueued',
    data: { ...named, sourceIndex, dueAt: 10, reason },
  });
  story.script.add(storyQueue, { type: 'DeliveryAttempted', data: { ...named, attempt: 1 } });
  if (step.pick % 3 === 0) story.script.add(storyQueue, { type: 'QueuePaused', data: { reason: 'test' } });
  if (step.pick % 3 === 1) story.script.add(storyQueue, { type: 'DeliveryCompleted', data: named });
  else
    story.script.add(storyQueue, {
      type: 'DeliveryDeferred',
      data: { ...named, attempt: 1, dueAt: 20 + step.pick, reason: 'still busy' },
    });
};

const acts: readonly Act[] = [
  deliver,
  deliver,
  append,
  transfer('MessagesCopied'),
  transfer('MessagesMoved'),
  flag,
  flag,
  expunge,
  folders,
  subscribe,
  read,
  read,
  login,
  enqueue,
];
