import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddressList } from '../../../projections/message-facts/address-list.ts';

type Short = readonly (readonly [
  name: string | null,
  route: string | null,
  mailbox: string | null,
  host: string | null,
])[];

function parsed(value: string): Short {
  return parseAddressList(value, 1000).map((a) => [
    a.name ?? null,
    a.route ?? null,
    a.mailbox ?? null,
    a.host ?? null,
  ]);
}

function each(cases: readonly (readonly [value: string, expected: Short])[]): void {
  for (const [value, expected] of cases) assert.deepEqual(parsed(value), expected, JSON.stringify(value));
}

const missing = ['MISSING_MAILBOX', 'MISSING_DOMAIN'] as const;

describe('An address field', () => {
  it('gives name, mailbox and host of plain addresses', () => {
    each([
      ['user@domain', [[null, null, 'user', 'domain']]],
      ['<user@domain>', [[null, null, 'user', 'domain']]],
      ['Display Name <user@domain>', [['Display Name', null, 'user', 'domain']]],
      [
        '"Joe Q. Public" <john.q.public@example.com>',
        [['Joe Q. Public', null, 'john.q.public', 'example.com']],
      ],
      [
        'Joe Q. Public <john.q.public@example.com>',
        [['Joe Q. Public', null, 'john.q.public', 'example.com']],
      ],
      [
        'a@b, c@d ,\r\n\te@f',
        [
          [null, null, 'a', 'b'],
          [null, null, 'c', 'd'],
          [null, null, 'e', 'f'],
        ],
      ],
      ['', []],
      [' \r\n ', []],
    ]);
  });

  it('reads the addresses of RFC 5322 appendix A', () => {
    each([
      [
        'Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>',
        [
          ['Mary Smith', null, 'mary', 'x.test'],
          [null, null, 'jdoe', 'example.org'],
          ['Who?', null, 'one', 'y.test'],
        ],
      ],
      [
        '<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
        [
          [null, null, 'boss', 'nil.test'],
          ['Giant; "Big" Box', null, 'sysservices', 'example.net'],
        ],
      ],
      [
        'A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;',
        [
          [null, null, 'A Group', null],
          ['Ed Jones', null, 'c', 'a.test'],
          [null, null, 'joe', 'where.test'],
          ['John', null, 'jdoe', 'one.test'],
          [null, null, null, null],
        ],
      ],
      [
        'Undisclosed recipients:;',
        [
          [null, null, 'Undisclosed recipients', null],
          [null, null, null, null],
        ],
      ],
      [
        'Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>',
        [['Pete', null, 'pete', 'silly.test']],
      ],
      [
        "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
        [
          [null, null, 'A Group', null],
          ['Chris Jones', null, 'c', 'public.example'],
          [null, null, 'joe', 'example.org'],
          ['John', null, 'jdoe', 'one.test'],
          [null, null, null, null],
        ],
      ],
      [
        '(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;',
        [
          [null, null, 'Hidden recipients', null],
          [null, null, null, null],
        ],
      ],
      [
        'Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example',
        [
          ['Mary Smith', '@node.test', 'mary', 'example.net'],
          [null, null, ...missing],
          [null, null, 'jdoe', 'test.example'],
        ],
      ],
    ]);
  });

  it('takes the name from a comment behind the address', () => {
    each([
      ['user@domain (Display Name)', [['Display Name', null, 'user', 'domain']]],
      ['user@domain (a (nested) one)', [['a (nested) one', null, 'user', 'domain']]],
      ['user@domain ()', [[null, null, 'user', 'domain']]],
      ['user (Display Name)', [['Display Name', null, 'user', 'MISSING_DOMAIN']]],
      ['@domain (Display Name)', [['Display Name', null, 'MISSING_MAILBOX', 'domain']]],
    ]);
  });

  it('unquotes quoted strings and keeps what they quote', () => {
    each([
      ['"user name"@domain', [[null, null, 'user name', 'domain']]],
      ['"user@na\\\\me"@domain', [[null, null, 'user@na\\me', 'domain']]],
      ['""@domain', [[null, null, '', 'domain']]],
      ['"foo: <a@b>;," <user@domain>', [['foo: <a@b>;,', null, 'user', 'domain']]],
      ['"folded\r\n name" <user@domain>', [['folded name', null, 'user', 'domain']]],
      ['"" <user@domain>', [[null, null, 'user', 'domain']]],
      ['a@[192.0.2.1]', [[null, null, 'a', '[192.0.2.1]']]],
      ['a@[IPv6:2001:db8::1] (x)', [['x', null, 'a', '[IPv6:2001:db8::1]']]],
    ]);
  });

  it('keeps obsolete routes', () => {
    each([
      ['<@route:user@domain>', [[null, '@route', 'user', 'domain']]],
      ['<@route,@route2:user@domain>', [[null, '@route,@route2', 'user', 'domain']]],
      ['<@route@route2:user>', [[null, '@route,@route2', 'user', 'MISSING_DOMAIN']]],
    ]);
  });

  it('keeps 8-bit octets and NULs as they are', () => {
    each([
      ['J\xf6rg <j\xf6rg@k\xf6ln.test>', [['J\xf6rg', null, 'j\xf6rg', 'k\xf6ln.test']]],
      ['"a\0b" <c@d>', [['a\0b', null, 'c', 'd']]],
      ['\xc3\x84 \xa0x <c@d>', [['\xc3\x84 \xa0x', null, 'c', 'd']]],
    ]);
  });

  it('shows broken addresses as Dovecot does', () => {
    each([
      ['user', [[null, null, 'user', 'MISSING_DOMAIN']]],
      ['<user>', [[null, null, 'user', 'MISSING_DOMAIN']]],
      ['aaaa@', [[null, null, 'aaaa', 'MISSING_DOMAIN']]],
      ['@domain', [[null, null, 'MISSING_MAILBOX', 'domain']]],
      ['<>', [[null, null, ...missing]]],
      ['<@>', [[null, 'INVALID_ROUTE', ...missing]]],
      ['<@route>', [[null, 'INVALID_ROUTE', ...missing]]],
      ['Display Name', [['Display Name', null, ...missing]]],
      ['"Display Name"', [['Display Name', null, ...missing]]],
      ['""', [['', null, ...missing]]],
      ['a(aa', [[null, null, ...missing]]],
      ['Name <broken', [['Name', null, 'broken', 'SYNTAX_ERROR']]],
      ['Name <user@domain', [['Name', null, 'user', 'SYNTAX_ERROR']]],
      ['..foo..bar..@example.com', [[null, null, '..foo..bar..', 'example.com']]],
      ['one two@domain, good@domain', [['one two', null, ...missing]]],
      [
        'group: a@b',
        [
          [null, null, 'group', null],
          [null, null, 'a', 'b'],
          [null, null, null, null],
        ],
      ],
    ]);
  });

  it('flattens several groups, with members that are broken', () => {
    assert.deepEqual(parsed('group: g1@d1.org, x;, group2: (foo) ; , last@d'), [
      [null, null, 'group', null],
      [null, null, 'g1', 'd1.org'],
      [null, null, 'x', 'MISSING_DOMAIN'],
      [null, null, null, null],
      [null, null, 'group2', null],
      [null, null, null, null],
      [null, null, 'last', 'd'],
    ]);
  });

  it('gives no more structures than asked for', () => {
    assert.equal(parseAddressList('a@b,'.repeat(100), 7).length, 7);
    assert.equal(parseAddressList(`g: ${'a@b,'.repeat(100)}c@d;`, 7).length, 7);
  });
});
