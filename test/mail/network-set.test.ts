import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkSet, isLoopback, isSecured } from '../../src/mail/network-set.ts';

test('an address is in the networks that hold it', () => {
  const networks = createNetworkSet(['192.0.2.0/24', '2001:db8::/32', '198.51.100.9']);
  for (const address of ['192.0.2.1', '::ffff:192.0.2.255', '2001:db8:1::1', '198.51.100.9']) {
    assert.ok(networks.has(address), address);
  }
  for (const address of ['192.0.3.1', '2001:db9::1', '198.51.100.10', '', 'localhost']) {
    assert.ok(!networks.has(address), address);
  }
});

test('what is no network is an error at start', () => {
  for (const network of [
    '',
    'example.org',
    '192.0.2.0/33',
    '192.0.2.0/x',
    '192.0.2.0/',
    '::/129',
    '10.0.0.0/8/8',
  ]) {
    assert.throws(() => createNetworkSet([network]), RangeError, network);
  }
});

test('a password may cross TLS, and loopback in clear', () => {
  assert.ok(isLoopback('127.1.2.3') && isLoopback('::1') && isLoopback('::ffff:127.0.0.1'));
  assert.ok(isSecured({ tls: true, peerAddress: '192.0.2.1' }));
  assert.ok(isSecured({ tls: false, peerAddress: '127.0.0.1' }));
  assert.ok(!isSecured({ tls: false, peerAddress: '192.0.2.1' }));
});
