import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nearest } from '../../src/config/suggest.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/units.ts';

describe('sizes and durations', () => {
  it('read each unit', () => {
    assert.deepEqual(
      ['7B', '1kB', '1KiB', '2 MB', '2MiB', '1GiB', '0.5KiB'].map(parseSize),
      [7, 1000, 1024, 2_000_000, 2_097_152, 1_073_741_824, 512],
    );
    assert.deepEqual(
      ['5ms', '1s', '1.5s', '5m', '2h', '1d'].map(parseDuration),
      [5, 1000, 1500, 300_000, 7_200_000, 86_400_000],
    );
  });

  it('refuse anything else', () => {
    for (const text of ['', '5', '-1s', '1 w', '1e3s', 's', '5m ', '1.s', '99999999999999999d']) {
      assert.equal(parseDuration(text), undefined, text);
    }
    for (const text of ['', '50', '50M', '50mib', 'MiB', '9999999TiB9']) {
      assert.equal(parseSize(text), undefined, text);
    }
  });

  it('are written so that they read back exactly', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 45 }), (value) => {
        assert.equal(parseSize(formatSize(value)), value);
        assert.equal(parseDuration(formatDuration(value)), value);
      }),
    );
    assert.deepEqual([formatSize(52_428_800), formatSize(0), formatDuration(300_000)], ['50MiB', '0B', '5m']);
  });
});

describe('the word that was meant', () => {
  const keys = ['hostname', 'listeners', 'messageSize', 'certificate', 'log', 'logging', 'tls'];
  it('is found through one or two slips', () => {
    const meant = [
      ['hostnmae', 'hostname'],
      ['Hostname', 'hostname'],
      ['host_name', 'hostname'],
      ['listner', 'listeners'],
      ['message_size', 'messageSize'],
      ['size', 'messageSize'],
      ['cert', 'certificate'],
      ['logg', 'log'],
      ['tsl', 'tls'],
    ];
    for (const [typed = '', key] of meant) assert.equal(nearest(typed, keys), key, typed);
  });

  it('is not invented', () => {
    for (const typed of ['', 'x', 'database', 'foo', '!!!', 'a'.repeat(1000)]) {
      assert.equal(nearest(typed, keys), undefined, typed);
    }
  });
});
