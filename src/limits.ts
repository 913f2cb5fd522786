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
  logger: {
    /** Octets of log lines that wait for a slow stderr; lines over it are dropped. */
    waitingOctetsMax: 4 * 1024 * 1024,
  },
  config: {
    /** A configuration file over this is no configuration file. */
    fileOctetsMax: 1024 * 1024,
  },
  control: {
    /** A request to the running server, with its arguments. */
    requestOctetsMax: 1024 * 1024,
    /** One result line of the running server. */
    resultOctetsMax: 64 * 1024 * 1024,
    /** Calls that run at the same time; over it `busy`. */
    callsMax: 64,
    /** How long a connection may wait before it has sent its request. */
    requestWaitMsMax: 10_000,
    /** How long closing waits for running calls to end after they were told to. */
    closeWaitMsMax: 2_000,
  },
  cli: {
    passwordOctetsMax: 1024,
  },
} as const;
