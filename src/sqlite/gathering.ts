/**
 * The waiting room in front of a SQLite worker: bounded in number and octets; gives out what waits as
 * batches that are bounded in weight and octets (and hold at least one request).
 */

export interface GatheringBounds {
  /** Sum of the weights of one batch's requests. */
  readonly batchWeightMax: number;
  readonly batchOctetsMax: number;
  readonly waitingRequestsMax: number;
  readonly waitingOctetsMax: number;
}

export interface Sized {
  readonly weight: number;
  readonly size: number;
}

export interface Gathering<Request extends Sized> {
  /** False when there is no room. */
  add(request: Request): boolean;
  /** The next batch; empty when nothing waits. */
  take(): Request[];
  waiting(): number;
}

export function gathering<Request extends Sized>(bounds: GatheringBounds): Gathering<Request> {
  let queue: Request[] = [];
  let first = 0;
  let octets = 0;
  const waiting = (): number => queue.length - first;
  return {
    waiting,
    add(request) {
      if (waiting() >= bounds.waitingRequestsMax) return false;
      // A request larger than the whole room may wait alone.
      if (waiting() > 0 && octets + request.size > bounds.waitingOctetsMax) return false;
      queue.push(request);
      octets += request.size;
      return true;
    },
    take() {
      const batch: Request[] = [];
      let weight = 0;
      let size = 0;
      for (let at = first; at < queue.length; at++) {
        const request = queue[at] as Request;
        weight += request.weight;
        size += request.size;
        if (batch.length > 0 && (weight > bounds.batchWeightMax || size > bounds.batchOctetsMax)) break;
        batch.push(request);
        octets -= request.size;
      }
      first += batch.length;
      if (first === queue.length) {
        queue = [];
        first = 0;
      } else if (first > 1024 && first * 2 > queue.length) {
        queue = queue.slice(first);
        first = 0;
      }
      return batch;
    },
  };
}
