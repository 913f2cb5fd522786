import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkMatcher, parseNetwork } from '../../src/config/networks.ts';

describe('networks', () => {
  it('match by prefix, in both families', () => {
    const matches = networkMatcher(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32']);
    for (const address of ['192.0.2.1', '192.0.2.255', '198.51.100.7', '2001:db8:1::5']) {
      assert.equal(matches(address), true, address);
    }
    for (const address of ['192.0.3.1', '198.51.100.8', '2001:db9::1', '', 'localhost', '::']) {
      assert.equal(matches(address), false, address);
    }
  });

  it('match an IPv4 address that a dual-stack socket mapped into IPv6', () => {
    assert.equal(networkMatcher(['192.0.2.0/24'])('::ffff:192.0.2.9'), true);
  });

  it('match nothing when there is none', () => {
    assert.equal(networkMatcher([])('127.0.0.1'), false);
  });

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
