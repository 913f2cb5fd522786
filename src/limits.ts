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
    /** Octets of the appends waiting for a batch; over it `LogUnavailable`. */
    waitingOctetsMax: 64 * 1024 * 1024,
    /** Events and octets that one page read from the store may carry; a page has at least one event. */
    pageEventsMax: 512,
    pageOctetsMax: 1024 * 1024,
    /** Newest events kept in memory for followers at the live edge; older ones are read from disk. */
    recentEventsMax: 4096,
    recentOctetsMax: 8 * 1024 * 1024,
    /** Streams whose last revision is kept in memory, in the process and in the store's worker each. */
    headsKeptMax: 100_000,
    /** Newest event ids by which a repeated append with `'any'` is recognised. */
    repeatWindowEvents: 65_536,
    /** How often a log opened read-only beside its owner looks for new events. */
    readOnlyPollMs: 200,
  },
  sqlite: {
    /** How long a connection waits for another process's lock. */
    busyTimeoutMs: 5_000,
    /** Pages in the WAL before a commit copies them into the database file. */
    walCheckpointPages: 4_000,
    /** Octets of the WAL file that are kept for reuse after a checkpoint. */
    walOctetsKept: 64 * 1024 * 1024,
    /** Read requests that travel to a reading worker together. */
    readBatchMax: 16,
    /** Read requests waiting for a reading worker. */
    waitingReadsMax: 20_000,
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
  imap: {
    /** Bounds of one command's input before login, when anybody may be talking. */
    beforeLogin: {
      /** Octets of a command's lines together, without its literals. */
      lineOctetsMax: 8 * 1024,
      /** Octets of a command's gathered literals together. */
      literalOctetsMax: 8 * 1024,
      /** Octets passed over after a refusal until the next command; over it the connection ends. */
      discardOctetsMax: 64 * 1024,
    },
    /** The same after login. A message to APPEND is streamed and stands under the message size limit. */
    authenticated: {
      lineOctetsMax: 64 * 1024,
      literalOctetsMax: 256 * 1024,
      discardOctetsMax: 256 * 1024 * 1024,
    },
    /** Received octets that wait for the session to ask for its next command; it should stop reading at half. */
    waitingInputOctetsMax: 1024 * 1024,
    /** Atoms, strings, numbers and list brackets in one command. */
    commandTokensMax: 32_768,
    /** Parentheses, NOT and OR inside each other: search programs are trees and get walked recursively. */
    nestingDepthMax: 256,
    /** RFC 2971 section 3.3: an ID list has at most 30 pairs. */
    idPairsMax: 30,
    /** Octets of a LIST pattern: matching costs pattern times name. */
    listPatternOctetsMax: 1024,
    /** Longer strings go out as literals. */
    quotedOctetsMax: 1024,
    /** Octets of the text for people in one status response. */
    statusTextOctetsMax: 512,
    /** Text of a response that is gathered before it goes out as one chunk. */
    responseChunkOctets: 16 * 1024,
  },
} as const;
