import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProgress, durationText } from '../../src/cli/progress.ts';
import { fakeOutput } from './support.ts';

const started = (tty: boolean, total?: number) => {
  const stream = fakeOutput({ tty, columns: 100 });
  let clock = 5000;
  const progress = createProgress({ label: 'replay trace', unit: 'events', total, stream, now: () => clock });
  return {
    stream,
    progress,
    at: (ms: number, done: number, newTotal?: number) => {
      clock = 5000 + ms;
      progress.update(done, newTotal);
    },
  };
};

/** The frames that a terminal showed, without its escapes. */
const frames = (text: string): string[] => text.split('\r').map((frame) => frame.replaceAll('\u001b[K', ''));

describe('progress on a terminal', () => {
  it('shows a bar with share, rate and time left, and wipes it for the closing line', () => {
    const { stream, progress, at } = started(true, 4000);
    at(2000, 1000);
    at(4000, 4000);
    progress.finish();
    assert.deepEqual(frames(stream.text()), [
      '',
      'replay trace  [######------------------]  25%  1,000/4,000 events  500/s  6s left',
      'replay trace  [########################] 100%  4,000/4,000 events  1,000/s',
      'replay trace: 4,000 events in 4s (1,000/s)\n',
    ]);
  });

  it('draws at most ten times a second', () => {
    const { stream, at } = started(true, 1000);
    for (let ms = 0; ms < 1000; ms++) at(ms, ms);
    assert.equal(frames(stream.text()).length - 1, 10);
  });

  it('never wraps', () => {
    const stream = fakeOutput({ tty: true, columns: 20 });
    createProgress({ label: 'a very long label', unit: 'events', total: 5, stream }).update(1);
    for (const frame of frames(stream.text())) assert.ok(frame.length < 20, frame);
  });

  it('shows on a terminal that does not know its width', () => {
    const stream = fakeOutput({ tty: true, columns: 0 });
    createProgress({ label: 'verify', unit: 'events', total: 5, stream }).update(1);
    assert.match(stream.text(), /verify {2}\[/);
  });

  it('shows a count when the total is not known, and never more than the whole', () => {
    const { stream, at } = started(true);
    at(1000, 50);
    at(2000, 300, 200);
    assert.deepEqual(frames(stream.text()).slice(1), [
      'replay trace  50 events  50/s',
      'replay trace  [########################] 100%  300/200 events  150/s',
    ]);
  });

  it('leaves nothing behind when it is abandoned', () => {
    const { stream, progress, at } = started(true, 10);
    at(500, 5);
    progress.abandon();
    assert.ok(stream.text().endsWith('\r\u001b[K'));
  });
});

describe('progress elsewhere', () => {
  it('is a plain line now and then, and one at the end', () => {
    const { stream, progress, at } = started(false, 100_000);
    for (let second = 1; second <= 70; second++) at(second * 1000, second * 1000);
    progress.finish();
    assert.deepEqual(stream.text().split('\n'), [
      'replay trace  [#######-----------------]  30%  30,000/100,000 events  1,000/s  1m 10s left',
      'replay trace  [##############----------]  60%  60,000/100,000 events  1,000/s  40s left',
      'replay trace: 70,000 events in 1m 10s (1,000/s)',
      '',
    ]);
  });

  it('survives a clock that stands still and a total of nothing', () => {
    const { stream, progress } = started(false, 0);
    progress.update(0);
    progress.finish();
    assert.equal(stream.text(), 'replay trace: 0 events in 0ms\n');
  });
});

describe('a span of time', () => {
  it('is said in two units at most', () => {
    const spans: readonly [number, string][] = [
      [0, '0ms'],
      [850, '850ms'],
      [12_000, '12s'],
      [60_000, '1m'],
      [200_000, '3m 20s'],
      [3_600_000, '1h'],
      [7_530_000, '2h 5m'],
      [360_000_000, '100h'],
    ];
    for (const [ms, text] of spans) assert.equal(durationText(ms), text);
  });
});
