/** Requests to a worker that wait for their answers, by number; bounded. */
import { limits } from '../limits.ts';
import { ViewsUnavailable } from './views-unavailable.ts';

export interface PendingRequests {
  /** `send` is given the request's number. Rejects at once when the worker has ended or too much waits. */
  add(send: (id: number) => void): Promise<unknown>;
  resolve(id: number, value: unknown): void;
  reject(id: number, error: ViewsUnavailable): void;
  /** Fails everything that waits, and everything to come. */
  end(error: ViewsUnavailable): void;
  hasEnded(): boolean;
}

export function createPendingRequests(): PendingRequests {
  interface Pending {
    readonly resolve: (value: unknown) => void;
    readonly reject: (error: ViewsUnavailable) => void;
  }
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let ended: ViewsUnavailable | undefined;

  const taken = (id: number): Pending | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };

  return {
    add(send) {
      if (ended !== undefined) return Promise.reject(ended);
      if (pending.size >= limits.views.asksMax)
        return Promise.reject(new ViewsUnavailable('overloaded', 'too many questions wait for the views'));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        send(id);
      });
    },
    resolve: (id, value) => taken(id)?.resolve(value),
    reject: (id, error) => taken(id)?.reject(error),
    end(error) {
      ended = error;
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
    hasEnded: () => ended !== undefined,
  };
}
