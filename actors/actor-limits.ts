/** Bounds of the actor host. */
export const actorLimits = {
  /** A question without an answer is given up after this long; the command may still happen. */
  askMs: 60_000,
  idleMs: 60_000,
  redecisionsMax: 5,
  /** Events that decisions made during one append may gather into the next. */
  gatheredEventsMax: 256,
  /** How long an append is sent again while the log does not answer. */
  appendRetryMs: 20_000,
  /** Folders of one account. */
  foldersMax: 10_000,
  /** Keywords of one account. */
  keywordsMax: 256,
  /** Refused commands of one session that get an event of their own, and so for violations and names given; the
   * other refusals and violations are counted. */
  refusalsRecordedMax: 20,
  /** Facts that a session keeps back before it is written to the log. */
  sessionPendingMax: 64,
  sessionIdleMs: 10 * 60_000,
  /** Accounts whose idle logins are counted at once; past it they are written early. */
  tallyAccountsMax: 10_000,
  snapshotEveryEvents: 1_000,
  /** A snapshot of n octets is due once n / this many events have come since the last one. */
  snapshotOctetsPerEvent: 256,
} as const;
