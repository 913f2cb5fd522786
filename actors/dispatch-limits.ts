/** Bounds of the dispatcher. */
export const dispatchLimits = {
  /** Messages read from the log and not yet at all their targets. */
  pendingMax: 2_000,
  /** Deliveries that one mailbox is asked for before it has answered the first. */
  laneWindow: 64,
  /** Times a delivery is tried before it goes to the local queue. */
  triesMax: 3,
  retryMs: 500,
  /** Longest pause before the log is read again after it failed. */
  readAgainMaxMs: 30_000,
  noteEveryMessages: 2_000,
};
export type DispatchLimits = Readonly<typeof dispatchLimits>;
