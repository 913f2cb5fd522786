/**
 * Every bound in one place. Units stand last in the name. Relations between limits are asserted at the
 * bottom of the file, so that a change that breaks one fails at start.
 */
export const limits = {
  log: {
    /** Events that one gathered batch may carry to the store's worker. */
    batchEventsMax: 2048,
    /** Octets that one gathered batch may carry. */
    batchOctetsMax: 16 * 1024 * 1024,
    /** Appends waiting for a batch; over it `LogUnavailable`. */
    waitingAppendsMax: 20_000,
  },
  content: {
    chunkOctets: 64 * 1024,
  },
} as const;
