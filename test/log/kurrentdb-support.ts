/** What the tests of the KurrentDB adapter share. */
import type { Timings } from '../../src/log/kurrentdb/kurrentdb-log.ts';

/** Waits short enough for tests, long enough that a slow machine is not taken for a silent server. */
export const shortTimings: Partial<Timings> = {
  appendTryMsMax: 1_000,
  readTryMsMax: 2_000,
  arrivalMsMax: 300,
  quietMsMax: 300,
  backOffMsMin: 10,
  backOffMsMax: 100,
};
