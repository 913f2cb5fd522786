/**
 * The way to one mailbox: deliveries leave in log order, up to a window of them without waiting for answers.
 * When one fails, the lane waits until all that were sent have been answered and sends the failed ones again, in
 * order; the mailbox refuses a delivery whose predecessor has not arrived, so none can hide another. When one
 * has failed `triesMax` times, all that wait behind it go to the local queue with it: a mailbox that takes nothing
 * must not fill the dispatcher. The next delivery tells the mailbox what is still to come.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredEvent } from '../events/codec.ts';
import type { MessageAccepted } from '../events/message.ts';
import { streamId } from '../events/streams.ts';
import { deliveryCommand } from './deliver-locally.ts';
import type { DispatchLimits } from './dispatch-limits.ts';
import type { LocalQueue } from './local-queue.ts';
import type { MailboxActors } from './mailbox-actors.ts';
import type { ActorRuntime, AskContext } from './ports.ts';

export interface DeliveryLane {
  deliver(accepted: StoredEvent<MessageAccepted>): void;
  /** Sends nothing more; resolves when what was sent has been answered. */
  stop(): Promise<void>;
}

interface Parcel {
  readonly accepted: StoredEvent<MessageAccepted>;
  tries: number;
}

interface LanePorts {
  readonly runtime: ActorRuntime;
  readonly mailboxes: MailboxActors;
  readonly queue: LocalQueue;
  readonly limits: DispatchLimits;
  readonly arrived: (sourceIndex: number) => void;
}

export function createDeliveryLane(accountId: string, ports: LanePorts): DeliveryLane {
  let waiting: Parcel[] = [];
  let failed: Parcel[] = [];
  let sent = 0;
  let open = false;
  let lastSent: number | undefined;
  let lastArrived: number | undefined;
  let skipped: number[] = [];
  let recovery: Promise<void> | undefined;
  const stopped = new AbortController();
  let whenQuiet: (() => void) | undefined;

  function pump(): void {
    if (recovery !== undefined || stopped.signal.aborted || waiting.length === 0) return;
    if (!open) {
      startRecovery();
      return;
    }
    let taken = 0;
    while (failed.length === 0 && sent < ports.limits.laneWindow) {
      const parcel = waiting[taken];
      if (parcel === undefined) break;
      taken++;
      send(parcel);
    }
    if (taken > 0) waiting = waiting.slice(taken);
  }

  function send(parcel: Parcel): void {
    const { accepted } = parcel;
    const order = { skippedSources: [...skipped], afterSource: lastSent };
    const command = deliveryCommand(accepted, accountId, order);
    if (command === undefined) {
      ports.arrived(accepted.index);
      return;
    }
    lastSent = accepted.index;
    sent++;
    ports.mailboxes.askMailbox(accountId, command, causedBy(accepted)).then(
      ({ reply }) => {
        if (reply.kind === 'rejected') settle(parcel, false);
        else {
          skipped = skipped.filter((each) => !order.skippedSources.includes(each));
          settle(parcel, true);
        }
      },
      (error: unknown) => {
        ports.runtime.logger.warn({ err: error, accountId, index: accepted.index }, 'a delivery failed');
        settle(parcel, false);
      },
    );
  }

  function settle(parcel: Parcel, done: boolean): void {
    sent--;
    if (done) {
      lastArrived = Math.max(parcel.accepted.index, lastArrived ?? -1);
      ports.arrived(parcel.accepted.index);
    } else {
      parcel.tries++;
      failed.push(parcel);
    }
    if (sent === 0) {
      whenQuiet?.();
      if (failed.length > 0 && recovery === undefined && !stopped.signal.aborted) {
        startRecovery();
        return;
      }
    }
    pump();
  }

  function startRecovery(): void {
    recovery = recover().then(() => {
      recovery = undefined;
      pump();
    });
  }

  /** Nothing is under way: puts the failed ones back in front, opens the mailbox, and moves what keeps failing
   * to the local queue. */
  async function recover(): Promise<void> {
    waiting = [...failed.sort((a, b) => a.accepted.index - b.accepted.index), ...waiting];
    failed = [];
    lastSent = lastArrived;
    if (waiting.some((parcel) => parcel.tries > 0))
      await delay(ports.limits.retryMs, undefined, { ref: false, signal: stopped.signal }).catch(
        () => undefined,
      );
    if (stopped.signal.aborted) return;
    try {
      const first = waiting[0];
      if (!open && first !== undefined) {
        await ports.mailboxes.openMailbox(accountId, causedBy(first.accepted));
        // What an earlier run moved to the queue is still to come as well.
        skipped = [...new Set([...skipped, ...(await ports.queue.waitingFor(accountId))])];
        open = true;
      }
    } catch (error) {
      ports.runtime.logger.warn({ err: error, accountId }, 'a mailbox could not be opened for delivery');
      for (const parcel of waiting.slice(0, 1)) parcel.tries++;
    }
    await moveToQueue();
  }

  async function moveToQueue(): Promise<void> {
    if ((waiting[0]?.tries ?? 0) < ports.limits.triesMax) return;
    // Not those that come meanwhile: the mailbox may be well again.
    for (const { accepted } of waiting.slice()) {
      if (stopped.signal.aborted) return;
      const item = { messageId: streamId(accepted.stream), accountId, sourceIndex: accepted.index };
      try {
        await ports.queue.enqueue(item, 'the mailbox did not take the delivery', causedBy(accepted));
      } catch (error) {
        ports.runtime.logger.error({ err: error, accountId }, 'the local queue did not take a delivery');
        return;
      }
      waiting = waiting.slice(1);
      skipped.push(accepted.index);
      ports.arrived(accepted.index);
    }
  }

  return {
    deliver(accepted) {
      waiting.push({ accepted, tries: 0 });
      pump();
    },
    async stop() {
      stopped.abort();
      if (sent > 0) {
        await new Promise<void>((resolve) => {
          whenQuiet = resolve;
        });
      }
      await recovery;
    },
  };
}

const causedBy = (accepted: StoredEvent<MessageAccepted>): AskContext => ({
  by: 'system',
  correlationId: accepted.correlationId,
  causationId: accepted.id,
});
