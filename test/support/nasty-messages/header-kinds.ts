/**
 * Kinds of nasty messages whose header is the nasty part.
 */
import type { Maker } from './maker.ts';

type Kind = readonly [name: string, make: (maker: Maker) => string];

export const headerKinds: readonly Kind[] = [
  ['plain', (m) => `${m.header()}\r\n${m.lines()}`],
  [
    'raw-8bit-header',
    (m) =>
      `Subject: ${m.words()} ${m.highOctets(1 + m.below(40))}\r\nFrom: ${m.highOctets(6)} <${m.address()}>\r\nX-${m.word()}: ${m.highOctets(20)}\r\n${m.header()}\r\n${m.lines()}`,
  ],
  [
    'utf8-header',
    (m) =>
      `${m.header(`Subject: ${utf8('Grüße aus Köln – ')}${m.words()}`, `Cc: ${utf8('Žofie Čapková')} <${m.address()}>, ${utf8('用户@例子.测试')}`)}\r\n${m.lines()}`,
  ],
  [
    'encoded-words',
    (m) =>
      `${m.header(
        `Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_${m.word()}?=\r\n =?iso-8859-1?B?4fbk?= =?utf-8?q?broken=C3?=`,
        `Cc: =?utf-8?B?w4TDlsOc?= <${m.address()}>, "=?utf-8?Q?in_quotes?=" <${m.address()}>`,
        `X-Note: =?unknown-charset?Q?=FF=FE?= =?utf-8?B?not base64!?= =?utf-8?X?what?= =?=`,
      )}\r\n${m.lines()}`,
  ],
  [
    'folding-oddities',
    (m) =>
      `Subject:\r\n ${m.words()}\r\n\t${m.words()}\r\n  \r\n \t ${m.word()}\r\nTo: ${m.address()},\r\n\t${m.address()}\r\n ,${m.address()}\r\n${m.header(
        `References: ${Array.from({ length: 20 }, () => `<${m.word()}@${m.word()}.test>`).join('\r\n ')}`,
        `X-Empty:`,
        `X-Blank:   `,
        `X-Folded-Empty:\r\n `,
      )}\r\n${m.lines()}`,
  ],
  ['first-line-folded', (m) => ` ${m.words()}\r\n\t${m.words()}\r\n${m.header()}\r\n${m.lines()}`],
  [
    'groups',
    (m) =>
      `${m.header(
        `Cc: ${m.words()}: ${m.address()}, ${m.words()} <${m.address()}>;, Undisclosed recipients:;`,
        `Bcc: "a, b": ${m.address()} (comment (nested) here); , : ${m.address()};`,
        `Reply-To: ${m.word()}: ${m.address()}, ${m.word()}: ${m.address()};;`,
      )}\r\n${m.lines()}`,
  ],
  [
    'broken-addresses',
    (m) =>
      `${m.header(
        `Cc: ${m.word()}, <>, <${m.word()}>, @${m.word()}.test, ${m.word()}@, ${m.words()} <${m.address()}, "open quote <${m.address()}>`,
        `Sender: <@a.test,@b.test:${m.address()}>`,
        `Reply-To: ${m.pick(['..', '<@>', '<@a', '(', '"', ',,,', '<<a@b>>', 'a b c@d', '[', 'a@[1.2.3.4', 'a@b.', 'x:y:z;;', '\\'])}`,
        `Bcc: ${m.pick(['', ' ', ';', ':;', 'a@b c@d', 'a..b@c', '"a b"@c', 'a@[1.2.3.4]', 'a@b (c) d'])}`,
      )}\r\n${m.lines()}`,
  ],
  [
    'duplicate-fields',
    (m) => `${m.header()}${m.header('Content-Type: text/plain', 'Content-Type: text/html')}\r\n${m.lines()}`,
  ],
  [
    'rfc2231',
    (m) =>
      `${m.header(
        `Content-Type: application/octet-stream; name*0*=utf-8'en'%E2%82%AC%20${m.word()}; name*1*=%20${m.word()};\r\n name*2="${m.word()}"`,
        `Content-Disposition: attachment; filename*=iso-8859-1''${m.word()}%FF.txt; filename="${m.word()}.txt"; size=${m.below(9999)}`,
      )}\r\n${m.lines()}`,
  ],
  [
    'parameter-oddities',
    (m) =>
      `${m.header(
        `Content-Type: text/plain; charset=; ; =x; format=flowed; name=two words; a="unclosed ${m.word()}`,
        `Content-Disposition: ${m.pick(['attachment;filename=a=b?c.txt', 'inline; filename="a\\"b;c"', '; filename=x', 'attachment', '"attachment"'])}`,
        `Content-Transfer-Encoding: ${m.pick(['base64;', '?x', '(c) 8bit', 'quoted printable', '', 'BINARY'])}`,
        `Content-Language: ${m.pick(['en, de', ',', 'en,,fr', 'x-klingon (yes)'])}`,
        `Content-ID: <${m.word()}@${m.word()}>`,
        `Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==`,
        `Content-Location: http://${m.word()}.test/\r\n ${m.word()}`,
        `Content-Description: ${m.words()}`,
      )}\r\n${m.lines()}`,
  ],
  [
    'odd-charset',
    (m) =>
      `${m.header(`Content-Type: text/plain; charset=${m.pick(['iso-2022-jp', 'utf-7', 'x-unknown', '"koi8-r"', 'utf-16le', 'gb18030', 'ISO-8859-15', 'us-ascii', '""'])}`, 'Content-Transfer-Encoding: 8bit')}\r\n${m.highOctets(40)}\r\n\x1b$B$3$s\x1b(B\r\n+AGE-\r\n`,
  ],
  [
    'junk-header-lines',
    (m) =>
      `From ${m.address()} Mon Nov 23 00:00:00 2026\r\n${m.word()}\r\n: no name\r\nX ${m.word()}: space in name\r\n${m.header(`Subject : ${m.words()}`, `>From: ${m.address()}`)}\r\n${m.lines()}`,
  ],
  ['dots', (m) => `${m.header()}\r\n.\r\n..\r\n.${m.word()}\r\n\r\n.\r\n..\r\n`],
  ['no-header', (m) => `\r\n${m.lines()}`],
  ['no-separator', (m) => m.header()],
  ['only-body-words', (m) => m.lines()],
  [
    'megabyte-header',
    (m) =>
      `${m.header(`X-Long: ${m.word().repeat(150_000)}`, `Cc: ${Array.from({ length: 3000 }, () => m.address()).join(',\r\n ')}`)}\r\n${m.lines()}`,
  ],
];

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
