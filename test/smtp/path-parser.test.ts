import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { understandMailParameters } from '../../src/smtp/mail-parameters.ts';
import { formatAddress, parseForwardPath, parseReversePath } from '../../src/smtp/path-parser.ts';
import { formatReply } from '../../src/smtp/replies.ts';

function understood(argument: string): unknown {
  const result = parseForwardPath(argument);
  return result.ok ? result.value.address : `${result.reply.code} ${result.reply.enhanced}`;
}

test('paths are understood as RFC 5321 section 4.1.2 writes them', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['TO:<a@example.org>', 'a', 'example.org'],
    ['to:<A.b@EXAMPLE.org>', 'A.b', 'example.org'],
    ['TO: <a@example.org> ', 'a', 'example.org'],
    ["TO:<!#$%&'*+-/=?^_`{|}~@x.example>", "!#$%&'*+-/=?^_`{|}~", 'x.example'],
    ['TO:<"o brien"@example.org>', 'o brien', 'example.org'],
    ['TO:<"a\\"b\\\\c"@example.org>', 'a"b\\c', 'example.org'],
    ['TO:<"a@b>c"@example.org>', 'a@b>c', 'example.org'],
    ['TO:<"plain"@example.org>', 'plain', 'example.org'],
    ['TO:<""@example.org>', '', 'example.org'],
    ['TO:<@one.example,@two.example:a@example.org>', 'a', 'example.org'],
    ['TO:<a@[192.0.2.1]>', 'a', '[192.0.2.1]'],
    ['TO:<a@[IPv6:2001:DB8::1]>', 'a', '[ipv6:2001:db8::1]'],
    ['TO:<a@under_score.example>', 'a', 'under_score.example'],
    ['TO:<Postmaster>', 'Postmaster', ''],
    [`TO:<${'x'.repeat(200)}@example.org>`, 'x'.repeat(200), 'example.org'],
  ];
  for (const [argument, localPart, domain] of cases) {
    assert.deepEqual(understood(argument), { localPart, domain }, argument);
  }
});

test('what is no path is refused, each for its own reason', () => {
  for (const [argument, expected] of [
    ['', '501 5.5.2'],
    ['FROM:<a@example.org>', '501 5.5.2'],
    ['TO', '501 5.5.2'],
    ['TO:a@example.org', '501 5.1.3'],
    ['TO:<a@example.org', '501 5.1.3'],
    ['TO:<>', '501 5.1.3'],
    ['TO:<a>', '501 5.1.3'],
    ['TO:<alice@>', '501 5.1.3'],
    ['TO:<@example.org>', '501 5.1.3'],
    ['TO:<a b@example.org>', '501 5.1.3'],
    ['TO:<a..b@example.org>', '501 5.1.3'],
    ['TO:<.a@example.org>', '501 5.1.3'],
    ['TO:<a@b@example.org>', '501 5.1.3'],
    ['TO:<a@-example.org>', '501 5.1.3'],
    ['TO:<a@example..org>', '501 5.1.3'],
    ['TO:<a@example.org.>', '501 5.1.3'],
    [`TO:<a@${'x'.repeat(64)}.example>`, '501 5.1.3'],
    [`TO:<a@${'x.'.repeat(130)}example>`, '501 5.1.3'],
    [`TO:<${'x'.repeat(257)}@example.org>`, '501 5.1.3'],
    ['TO:<a@[192.0.2.256]>', '501 5.1.3'],
    ['TO:<a@[2001:db8::1]>', '501 5.1.3'],
    ['TO:<a@[x:y]>', '501 5.1.3'],
    ['TO:<"a"b@example.org>', '501 5.1.3'],
    ['TO:<"a\tb"@example.org>', '501 5.1.3'],
    ['TO:<<a@example.org>>', '501 5.1.3'],
    ['TO:<j\xf6rg@example.org>', '553 5.6.7'],
    ['TO:<a@example.org>X', '501 5.5.4'],
    ['TO:<a@example.org> =x', '501 5.5.4'],
    ['TO:<a@example.org> X= ', '501 5.5.4'],
    ['TO:<a@example.org> X=a=b', '501 5.5.4'],
    ['TO:<a@example.org> X=\xf6', '501 5.5.4'],
    ['TO:<a@example.org> X=1 x=2', '501 5.5.4'],
    [`TO:<a@example.org>${Array.from({ length: 21 }, (_, at) => ` X${at}`).join('')}`, '501 5.5.4'],
  ] as const) {
    assert.equal(understood(argument), expected, argument);
  }
});

test('MAIL has the null path, and its own code for a bad sender', () => {
  const parsed = parseReversePath('FROM:<>');
  assert.deepEqual(parsed, { ok: true, value: { asSent: '<>', parameters: [] } });
  const bad = parseReversePath('FROM:<a@>');
  assert.equal(!bad.ok && bad.reply.enhanced, '5.1.7');
  const postmaster = parseReversePath('FROM:<Postmaster>');
  assert.equal(!postmaster.ok && postmaster.reply.enhanced, '5.1.7');
});

test('paths and parameters are kept as sent', () => {
  const parsed = parseReversePath('from:  <@R.example:"A b"@Example.ORG>  size=10 BODY=8bitMIME');
  assert.deepEqual(parsed, {
    ok: true,
    value: {
      asSent: '<@R.example:"A b"@Example.ORG>',
      address: { localPart: 'A b', domain: 'example.org' },
      parameters: [
        { asSent: 'size=10', keyword: 'SIZE', value: '10' },
        { asSent: 'BODY=8bitMIME', keyword: 'BODY', value: '8bitMIME' },
      ],
    },
  });
});

test('MAIL parameters mean what their RFCs say', () => {
  const outcome = (text: string, authOffered = false): unknown => {
    const parsed = parseReversePath(`FROM:<> ${text}`);
    assert.ok(parsed.ok);
    const result = understandMailParameters(parsed.value.parameters, { authOffered });
    return result.ok ? result.value : `${result.reply.code} ${result.reply.enhanced}`;
  };
  assert.deepEqual(outcome('SIZE=12 body=8bitmime'), { declaredSize: 12, body: '8BITMIME' });
  assert.deepEqual(outcome('SIZE=0'), { declaredSize: 0 });
  assert.equal(outcome('SIZE'), '501 5.5.4');
  assert.equal(outcome('SIZE=-1'), '501 5.5.4');
  assert.equal(outcome(`SIZE=${'9'.repeat(21)}`), '501 5.5.4');
  assert.equal(outcome('BODY=BINARYMIME'), '501 5.5.4');
  assert.equal(outcome('BODY'), '501 5.5.4');
  assert.equal(outcome('AUTH=<>'), '555 5.5.4');
  assert.deepEqual(outcome('AUTH=<>', true), {});
  assert.deepEqual(outcome('AUTH=e+3Dmc2@example.org', true), {});
  assert.equal(outcome('AUTH=a+zz', true), '501 5.5.4');
  assert.equal(outcome('SMTPUTF8'), '555 5.5.4');
});

test('any octets at all give a path or a refusal, and never an exception', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  const likely = fc.string({ unit: fc.constantFrom(...'<>@"\\.,: =[]aA1-\xe4FROMTO') });
  fc.assert(
    fc.property(fc.oneof(octets, likely), (text) => {
      for (const parsed of [
        parseForwardPath(`TO:<${text}`),
        parseReversePath(text),
        parseReversePath(`FROM:${text}`),
      ]) {
        if (!parsed.ok) assert.ok(parsed.reply.code >= 500);
        else if (parsed.value.address !== undefined) {
          assert.ok(parsed.value.address.localPart.length <= 256);
          assert.match(parsed.value.address.domain, /^[\x21-\x7e]*$/);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('an address that was understood can be written and is understood the same again', () => {
  const printable = fc.string({
    unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(printable, (localPart) => {
      const address = { localPart, domain: 'example.org' };
      assert.deepEqual(understood(`TO:<${formatAddress(address)}>`), address);
    }),
  );
});

test('a reply is one line for each text, and no text can split it', () => {
  assert.equal(formatReply({ code: 250, text: ['a', 'b'] }), '250-a\r\n250 b\r\n');
  assert.equal(
    formatReply({ code: 550, enhanced: '5.7.1', text: ['a', 'b'] }),
    '550-5.7.1 a\r\n550 5.7.1 b\r\n',
  );
  assert.equal(formatReply({ code: 250, text: 'x\r\n250 y\xe9' }), '250 x??250 y?\r\n');
});
