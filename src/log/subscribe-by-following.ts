/** `EventLog.subscribe`, for every adapter, as an Observable over its `follow`. */
import { Observable } from 'rxjs';
import type { EventLog, LogIndex, LogItem } from '../../events/event-log.ts';

/** Completes when the log is closed; errors when the store fails. */
export function subscribeByFollowing(follow: EventLog['follow'], from: LogIndex): Observable<LogItem> {
  return new Observable<LogItem>((subscriber) => {
    let next = from;
    const following = follow(from, (batch) => {
      for (const event of batch.events) {
        if (subscriber.closed) return;
        next = event.index + 1;
        subscriber.next({ kind: 'event', event });
      }
      if (batch.caughtUp) subscriber.next({ kind: 'caught-up', next });
    });
    following.done.then(
      () => subscriber.complete(),
      (error) => subscriber.error(error),
    );
    return () => {
      // `done` above reports a failure; stopping itself has none.
      void following.stop();
    };
  });
}
