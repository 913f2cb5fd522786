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
    /** How many of them are read back from the file after a restart. */
    repeatWindowLoadedEvents: 4_096,
    /** How often a log opened read-only beside its owner looks for new events. */
    readOnlyPollMs: 200,
  },
  kurrentdb: {
    /** Clients that appends are spread over, and appends under way on each; over it they wait. At 16 a
     * client's stream asks its writers to wait, and the client package ends the process (a rejection that
     * nobody handles) when a connection drops while they do. */
    appendClients: 4,
    appendsPerClientMax: 15,
    /** Reads under way at once; over it they wait. */
    readsInFlightMax: 64,
    waitingReadsMax: 20_000,
    /** Tries of an append with `'any'` that others overtake. */
    anyTriesMax: 20,
    /** Places that the position index has not stored yet; over it the subscription pauses. */
    waitingPlacesMax: 65_536,
    placesPerBatch: 2_048,
    /** Every so many events the index remembers a position in `$all`. */
    markEvery: 256,
    /** Octets that one page should carry; how many events that is, is learnt from the page before. */
    pageOctets: 4 * 1024 * 1024,
    pageEventsMin: 16,
    pageEventsMax: 1024,
    /** How long closing waits for connections to end. */
    closeWaitMsMax: 2_000,
    timings: {
      appendTryMsMax: 5_000,
      appendMsMax: 30_000,
      readTryMsMax: 10_000,
      readMsMax: 30_000,
      arrivalMsMax: 2_000,
      quietMsMax: 15_000,
      backOffMsMin: 50,
      backOffMsMax: 5_000,
    },
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
  keys: {
    /** Scope keys kept in memory. */
    cachedMax: 50_000,
    /** Requests that one gathered batch may carry to the key store's worker. */
    batchRequestsMax: 2048,
    /** Puts and destructions waiting for a batch; over it `KeyStoreUnavailable`. */
    waitingRequestsMax: 20_000,
    /** Scopes read at once while listing. */
    listPageMax: 512,
  },
  blobs: {
    /** Octets that one gathered batch may carry to the blob store's worker. */
    batchOctetsMax: 8 * 1024 * 1024,
    batchRequestsMax: 1024,
    /** Octets of chunks on their way to the store, of all writers together; over it writers wait. */
    underWayOctetsMax: 32 * 1024 * 1024,
    /** Chunks of one blob that may be on their way before its writer waits. */
    underWayChunksMax: 8,
    waitingRequestsMax: 20_000,
    /** Chunks that one batch of reads may ask for together. */
    batchReadChunksMax: 64,
    /** Blobs read at once while listing. */
    listPageMax: 512,
  },
  content: {
    chunkOctets: 64 * 1024,
    /** Chunks that a reader asks of the store at once. */
    readAheadChunks: 4,
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
    /** How long a server may take to greet before it counts as stuck. */
    greetingWaitMsMax: 10_000,
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
    sessionsMax: 5_000,
    sessionsPerAddressMax: 1_000,
    failedLoginsMax: 3,
    /** How long the answer to a failed login waits. */
    failedLoginDelayMs: 1_000,
    /** BAD commands in a row before the connection ends. */
    badCommandsMax: 10,
    badCommandsAuthenticatedMax: 100,
    beforeLoginMsMax: 2 * 60_000,
    /** RFC 3501 section 5.4: at least 30 minutes. */
    idleMsMax: 30 * 60_000,
    tlsHandshakeMsMax: 60_000,
    /** How long a closing listener waits for commands that are under way. */
    closeGraceMs: 10_000,
    /** Time-outs of all sessions are looked at together, this often. */
    sweepMs: 1_000,
    messageOctetsMax: 50 * 1024 * 1024,
    /** Pipelined commands answered, and octets taken, before other connections get their turn. */
    commandsPerTurnMax: 50,
    inputOctetsPerTurnMax: 256 * 1024,
    /** Messages whose responses are built before the event loop gets its turn. */
    messagesPerTurnMax: 500,
    /** Messages whose facts are asked for together. */
    factsPerTurnMax: 32,
    /** Longer header sections are filtered as they stream instead of in memory. */
    headerInMemoryOctetsMax: 256 * 1024,
    /** Sections and UID ranges whose first read a session remembers; over it they are recorded again. */
    readSectionsKeptMax: 64,
    readRangesKeptMax: 4_096,
    /** Folders whose `\Recent` watermark is kept. */
    recentKeptMax: 20_000,
    /** Octets of UTF-8 in a mailbox name with its levels, and how many levels. */
    mailboxNameOctetsMax: 1_000,
    mailboxLevelsMax: 64,
    subscriptionsMax: 10_000,
    keywordOctetsMax: 128,
    /** Look again and ask again, when somebody else changed names or keywords meanwhile. */
    staleTriesMax: 5,
    /** Octets of one header field that SEARCH looks at. */
    searchHeaderOctetsMax: 1024 * 1024,
  },
  smtp: {
    /** RFC 5321 section 4.5.3.1.4 asks for 512 and lets extensions add to it. */
    commandLineOctetsMax: 2048,
    /** RFC 4954 section 4: lines of an authentication exchange. */
    authLineOctetsMax: 12_288,
    /** A line that is longer still ends the connection instead of being skipped. */
    skippedLineOctetsMax: 64 * 1024,
    /** RFC 5321 section 4.5.3.1.1 asks for 64; senders of bounce addresses use more. */
    localPartOctetsMax: 256,
    /** RFC 5321 section 4.5.3.1.2. */
    domainOctetsMax: 255,
    parametersMax: 20,
    /** RFC 5321 section 4.5.3.1.8 asks for at least 100. */
    recipientsMax: 1000,
    /** Recipients refused since the last accepted message; over it the connection ends. */
    refusedRecipientsMax: 100,
    badCommandsMax: 10,
    failedLoginsMax: 3,
    /** RFC 5321 section 6.3: a message with this many Received fields runs in circles. */
    receivedFieldsMax: 100,
    returnPathFieldsMax: 100,
    /** How much of a Message-ID, Subject or From field is kept for the record. */
    headerValueOctetsMax: 4096,
    messageOctetsMax: 50 * 1024 * 1024,
    sessionsMax: 2000,
    sessionsPerAddressMax: 100,
    /** RFC 5321 section 4.5.3.2.7. */
    idleMsMax: 5 * 60_000,
    /** From 354 to the final dot. */
    dataMsMax: 30 * 60_000,
    tlsHandshakeMsMax: 60_000,
    earlyTalkerPauseMs: 2000,
    /** How long a closing listener waits for messages that are under way. */
    closeGraceMs: 10_000,
    /** Pipelined commands answered before other connections get their turn. */
    commandsPerTurnMax: 100,
    /** The same for the octets of a message. */
    dataOctetsPerTurnMax: 256 * 1024,
  },
  /** Bounds of message facts; past them a message is described more coarsely, never refused. */
  mime: {
    /** Levels of nesting, the message itself being the first. */
    depthMax: 100,
    /** Parts of one message; the part that reaches it takes the rest. */
    partsMax: 10_000,
    /** A boundary longer than this is compared by its beginning (RFC 2046 allows 70). */
    boundaryOctetsMax: 256,
    /** Octets kept of one header field. */
    fieldOctetsMax: 256 * 1024,
    /** Octets kept of all header fields of a message and its parts. */
    fieldsOctetsMax: 4 * 1024 * 1024,
    /** Addresses kept of all address fields of a message. */
    addressesMax: 10_000,
    /** Parameters kept of one Content-Type or Content-Disposition. */
    parametersMax: 200,
  },
  pop3: {
    /** RFC 2449 section 4 asks for 255, line end included; passwords may be longer. */
    lineOctetsMax: 512,
    /** RFC 4422 leaves it open; a PLAIN message of 12 KiB is long. */
    authLineOctetsMax: 12_288,
    /** What a client may send ahead before its socket is read no further. */
    inputOctetsMax: 64 * 1024,
    badCommandsMax: 20,
    failedLoginsMax: 3,
    failedLoginDelayMs: 1_000,
    sessionsMax: 2_000,
    sessionsPerAddressMax: 100,
    /** RFC 1939 section 3. */
    idleMsMax: 10 * 60_000,
    beforeLoginMsMax: 60_000,
    tlsHandshakeMsMax: 60_000,
    /** Lines of LIST and UIDL in one write. */
    listedAtOnce: 1_000,
    /** Pipelined commands answered before other connections get their turn. */
    commandsPerTurnMax: 50,
    /** How long a client may leave its side open after we closed ours. */
    lingerMsMax: 2_000,
    /** How long a closing listener waits for commands that are under way. */
    closeGraceMs: 10_000,
  },
  admin: {
    /** How long a question waits for the views to reach the log. */
    viewsWithinMs: 60_000,
    /** Faults that `verify` names; all are counted. */
    faultsToldMax: 100,
    /** Events between two reports of its progress. */
    progressEvents: 512,
    /** Streams whose last revision it keeps in memory; of others it asks the log. */
    streamsKnownMax: 100_000,
    /** Sessions of which a trace says whose they were. */
    traceSessionsMax: 200,
  },
  authentication: {
    /** Password hashes computed at once, and logins waiting for one. */
    hashesAtOnce: 2,
    hashesWaitingMax: 2_000,
    /** Passwords that fitted are recognised again for this long. */
    rememberedMs: 60_000,
    rememberedMax: 10_000,
    /** Addresses and accounts whose failures are remembered. */
    trackedMax: 20_000,
  },
  intake: {
    /** Free space of the data directory is asked for this often. */
    spaceCheckedEveryMs: 1_000,
    /** Free space that new mail must leave. */
    reserveOctets: 64 * 1024 * 1024,
    /** A message that has waited this long for the log makes the log count as late. */
    lateMs: 10_000,
    /** New mail is refused for this long after the log failed. */
    afterFailureMs: 2_000,
  },
  views: {
    /** Page cache of one view's connection, in KiB. */
    cacheKib: 8 * 1024,
    /** Pages in a view's WAL before a commit copies them into its file. */
    walCheckpointPages: 4_000,
    /** Events and octets that wait for the views' worker in each lane; over it the log is read no further. */
    waitingEventsMax: 2_048,
    waitingOctetsMax: 8 * 1024 * 1024,
    /** Events in one batch to the worker: as long as one of them is applied, queries wait. */
    batchEventsMax: 512,
    /** How long events gather for the worker after a batch. */
    gatherMs: 20,
    /** Questions that wait for the worker, and callers that wait until a view has come far enough. */
    asksMax: 20_000,
    waitersMax: 20_000,
    /** Views further behind than this are brought up beside the others, so that nobody waits for them. */
    liveLagEventsMax: 5_000,
    /** Mailboxes whose folders a view keeps in memory. */
    mailboxesKeptMax: 1_000,
    /** Scope keys that the worker keeps in memory. */
    keysKeptMax: 2_000,
    /** Events whose message facts were asked for before the view got there. */
    factsAheadMax: 1_000,
    /** Between two tries when a store cannot answer, or the worker has ended. */
    retryMs: 1_000,
    /** Events between two reports of a replay's progress. */
    progressEvents: 2_048,
  },
  mailboxView: {
    /** How long a question waits for a mailbox's view to reach the log. */
    currentWithinMs: 20_000,
    /** How long a view stays in memory after its last session. */
    idleMs: 60_000,
    /** Origin events of one account kept opened. */
    originsCachedMax: 256,
  },
} as const;
