/**
 * Kinds of nasty messages whose octets and line ends are the nasty part.
 */
import type { Maker } from './maker.ts';

type Kind = readonly [name: string, make: (maker: Maker) => string];

export const rawKinds: readonly Kind[] = [
  ['empty-message', () => ''],
  ['only-crlf', () => '\r\n'],
  ['only-lf', () => '\n'],
  ['only-cr', () => '\r'],
  ['empty-body', (m) => `${m.header()}\r\n`],
  ['blank-body', (m) => `${m.header()}\r\n${'\r\n'.repeat(1 + m.below(5))}`],
  ['unterminated-line', (m) => `${m.header()}\r\n${m.lines()}${m.words()}`],
  ['unterminated-header', (m) => `${m.header()}Subject: ${m.words()}`],
  ['ends-with-cr', (m) => `${m.header()}\r\n${m.words()}\r`],
  ['nul', (m) => `${m.header(`X-Nul: a\0b`)}\r\n${m.lines(1)}\0${m.word()}\0\0\r\n${m.lines(1)}`],
  [
    'nul-in-header',
    (m) =>
      `Subject: ${m.word()}\0${m.word()}\r\nFrom: "a\0b" <${m.address()}>\r\nX\0Y: z\r\n${m.header()}\r\n${m.lines()}`,
  ],
  ['bare-cr', (m) => `${m.header(`X-Cr: a\rb`)}\r\n${m.word()}\r${m.word()}\r\r\n${m.lines(2)}\r`],
  ['bare-lf', (m) => `${m.header()}\r\n${m.word()}\n${m.word()}\n\n${m.lines(2)}`],
  [
    'all-lf',
    (m) =>
      `${m.header('Content-Type: multipart/mixed; boundary=b')}\r\n--b\r\n\r\n${m.lines()}\r\n--b--\r\n`.replaceAll(
        '\r\n',
        '\n',
      ),
  ],
  ['all-cr', (m) => `${m.header()}\r\n${m.lines()}`.replaceAll('\r\n', '\r')],
  ['lf-cr', (m) => `${m.header()}\r\n${m.lines()}`.replaceAll('\r\n', '\n\r')],
  [
    'smuggling',
    (m) => `${m.header()}\r\n${m.word()}\n.\nMAIL FROM:<${m.address()}>\r\n\r.\r\n${m.word()}\r\n.\rx\r\n`,
  ],
  ['control-octets', (m) => `${m.header()}\r\n\x01\x02\x07\x08\x1b[31m\x7f\x1a\r\n${m.lines(1)}`],
  [
    'binary',
    (m) =>
      `${m.header('Content-Type: application/octet-stream', 'Content-Transfer-Encoding: binary')}\r\n${m.octets(200 + m.below(2000))}`,
  ],
  ['noise', (m) => m.octets(m.below(4000))],
  ['flood-of-empty-lines', (m) => `${m.header()}\r\n${'\r\n'.repeat(2000 + m.below(2000))}`],
  [
    'flood-of-hyphens',
    (m) =>
      `${m.header('Content-Type: multipart/mixed; boundary=----x')}\r\n${'--\r\n-\r\n'.repeat(1000)}------x\r\n\r\n${'-'.repeat(5000)}\r\n------x--\r\n`,
  ],
  ['long-line', (m) => `${m.header()}\r\n${m.word().repeat(300 + m.below(600))}\r\n`],
  [
    'megabyte-line',
    (m) =>
      `${m.header()}\r\n${m
        .octets(64)
        .replaceAll(/[\r\n\0]/g, 'x')
        .repeat(24_000)}\r\n${m.lines(1)}`,
  ],
];
