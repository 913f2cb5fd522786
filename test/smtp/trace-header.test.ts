import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTraceHeader, type TraceFacts, withProtocol } from '../../src/smtp/trace-header.ts';

const facts: TraceFacts = {
  helo: 'client.example.org',
  peerAddress: '192.0.2.7',
  by: 'mx.example.test',
  protocol: 'ESMTPS',
  messageId: '0190a6e0-0000-7000-8000-000000000001',
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  recipients: [{ localPart: 'o brien', domain: 'example.test' }],
  at: new Date('2026-11-03T09:17:47.999Z'),
};

test('the field has every clause that RFC 5321 section 4.4 and RFC 8314 section 7.4 give it', () => {
  assert.equal(
    formatTraceHeader(facts),
    'Received: from client.example.org ([192.0.2.7])\r\n' +
      '\tby mx.example.test (Chancery) with ESMTPS id 0190a6e0-0000-7000-8000-000000000001\r\n' +
      '\tfor <"o brien"@example.test>\r\n' +
      '\ttls TLS_AES_256_GCM_SHA384;\r\n' +
      '\tTue, 03 Nov 2026 09:17:47 +0000\r\n',
  );
});

test('"for" is left out when there is more than one recipient, or a postmaster without a domain', () => {
  const [alice] = facts.recipients;
  assert.ok(alice);
  assert.doesNotMatch(formatTraceHeader({ ...facts, recipients: [alice, alice] }), /for </);
  assert.doesNotMatch(
    formatTraceHeader({ ...facts, recipients: [{ localPart: 'postmaster', domain: '' }] }),
    /for </,
  );
});

test('what a client calls itself cannot break out of the field', () => {
  assert.match(
    formatTraceHeader({ ...facts, helo: '(x);by,"evil' }),
    /^Received: from \?x\?\?by\?\?evil \(\[/,
  );
  assert.match(formatTraceHeader({ ...facts, helo: '[IPv6:::1]' }), /^Received: from \[IPv6:::1\] \(/);
  assert.match(formatTraceHeader({ ...facts, peerAddress: '2001:db8::1' }), /\(\[IPv6:2001:db8::1\]\)/);
});

test('the "with" keyword is that of RFC 3848', () => {
  const keyword = (extended: boolean, tls: boolean, authenticated: boolean): string =>
    withProtocol({ extended, tls, authenticated });
  assert.equal(keyword(false, false, false), 'SMTP');
  assert.equal(keyword(false, true, true), 'SMTP');
  assert.equal(keyword(true, false, false), 'ESMTP');
  assert.equal(keyword(true, true, false), 'ESMTPS');
  assert.equal(keyword(true, false, true), 'ESMTPA');
  assert.equal(keyword(true, true, true), 'ESMTPSA');
});
