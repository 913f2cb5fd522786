import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseNetwork } from '../../src/config/networks.ts';

describe('networks', () => {
  it('refuse what is no network', () => {
    for (const text of [
      '',
      '1.2.3',
      '1.2.3.4/33',
      '::1/129',
      '1.2.3.4/',
      '1.2.3.4/-1',
      '1.2.3.4/8/8',
      'fe80::1%eth0',
    ]) {
      assert.equal(parseNetwork(text), undefined, text);
    }
    assert.deepEqual(parseNetwork('::1'), { address: '::1', prefix: 128, family: 'ipv6' });
  });
});
