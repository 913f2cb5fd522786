/** Applies events to a view, batch by batch, and says each one it has applied. Made to be killed. */
import { writeSync } from 'node:fs';
import { applyAll } from '../support/view-building.ts';
import { expunges, openSumming } from './summing-projection.ts';

const runner = openSumming(process.argv[2] ?? '');
const events = expunges(4000);
for (let at = runner.checkpoint().next; at < events.length; at += 3) {
  await applyAll(runner, events.slice(at, at + 3));
  writeSync(1, '.');
}
// Stays until it is killed.
setInterval(() => undefined, 60_000);
