/**
 * Kinds of nasty messages whose MIME structure is the nasty part.
 */
import type { Maker } from './maker.ts';

type Kind = readonly [name: string, make: (maker: Maker) => string];

function textPart(m: Maker): string {
  return `Content-Type: text/${m.pick(['plain', 'html', 'calendar'])}; charset=utf-8\r\n\r\n${m.lines()}`;
}

function multipart(m: Maker, parts: readonly string[], subtype = 'mixed'): string {
  const boundary = m.boundary();
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${m.chance(2) ? m.lines(1) : ''}${body}--${boundary}--\r\n${m.chance(2) ? m.lines(1) : ''}`;
}

function randomPart(m: Maker, depth: number): string {
  if (depth > 0 && m.chance(2)) {
    const parts = Array.from({ length: 1 + m.below(3) }, () => randomPart(m, depth - 1));
    return multipart(m, parts, m.pick(['mixed', 'alternative', 'related', 'digest', 'signed']));
  }
  if (depth > 0 && m.chance(3))
    return `Content-Type: message/rfc822\r\n\r\n${m.header()}${randomPart(m, depth - 1)}`;
  return m.chance(3)
    ? `Content-Type: application/octet-stream; name=${m.word()}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(m)}`
    : textPart(m);
}

function base64(m: Maker): string {
  const text = Buffer.from(m.octets(60 + m.below(400)), 'latin1').toString('base64');
  return text.replace(/.{76}/g, '$&\r\n');
}

function nested(m: Maker, depth: number): string {
  let part = textPart(m);
  for (let level = 0; level < depth; level += 1) part = multipart(m, [part]);
  return part;
}

function nestedMessages(m: Maker, depth: number): string {
  let message = `${m.header()}\r\n${m.lines(2)}`;
  for (let level = 0; level < depth; level += 1) {
    message = `${m.header('Content-Type: message/rfc822')}\r\n${message}`;
  }
  return message;
}

export const mimeKinds: readonly Kind[] = [
  ['nested-multiparts', (m) => m.header() + multipart(m, [randomPart(m, 4), randomPart(m, 3), textPart(m)])],
  ['deep-nesting-200', (m) => m.header() + nested(m, 200)],
  ['message-in-message', (m) => nestedMessages(m, 1 + m.below(6))],
  [
    'message-in-multipart',
    (m) =>
      m.header() + multipart(m, [`Content-Type: message/rfc822\r\n\r\n${nestedMessages(m, 2)}`, textPart(m)]),
  ],
  [
    'digest',
    (m) =>
      m.header() +
      multipart(
        m,
        [`\r\n${m.header()}\r\n${m.lines()}`, `Content-Type: text/plain\r\n\r\n${m.lines()}`, ''],
        'digest',
      ),
  ],
  [
    'missing-boundary-parameter',
    (m) => `${m.header('Content-Type: multipart/mixed')}\r\n--${m.word()}\r\n\r\n${m.lines()}`,
  ],
  [
    'missing-boundary-lines',
    (m) => `${m.header(`Content-Type: multipart/mixed; boundary=${m.word()}X`)}\r\n${m.lines()}`,
  ],
  [
    'unclosed-multipart',
    (m) => {
      const boundary = m.word();
      return `${m.header(`Content-Type: multipart/mixed; boundary=${boundary}`)}\r\n--${boundary}\r\n${textPart(m)}\r\n--${boundary}\r\n${textPart(m)}`;
    },
  ],
  [
    'unclosed-inner',
    (m) => {
      const [outer, inner] = [`o${m.word()}`, `i${m.word()}`];
      return `${m.header(`Content-Type: multipart/mixed; boundary=${outer}`)}\r\n--${outer}\r\nContent-Type: multipart/alternative; boundary=${inner}\r\n\r\n--${inner}\r\n${textPart(m)}\r\n--${outer}\r\n${textPart(m)}\r\n--${outer}--\r\n`;
    },
  ],
  [
    'duplicated-boundary',
    (m) => {
      const boundary = m.word();
      const inner = `Content-Type: multipart/alternative; boundary=${boundary}\r\n\r\n--${boundary}\r\n${textPart(m)}\r\n--${boundary}--\r\n`;
      return `${m.header(`Content-Type: multipart/mixed; boundary=${boundary}`)}\r\n--${boundary}\r\n${inner}\r\n--${boundary}\r\n${textPart(m)}\r\n--${boundary}--\r\n`;
    },
  ],
  [
    'prefix-boundary',
    (m) => {
      const outer = m.word();
      const inner = `${outer}${m.pick(['-', '--', 'x', ' y'])}`;
      return `${m.header(`Content-Type: multipart/mixed; boundary=${outer}`)}\r\n--${outer}\r\nContent-Type: multipart/mixed; boundary="${inner}"\r\n\r\n--${inner}\r\n${textPart(m)}\r\n--${inner}--\r\n--${outer}\r\n\r\n${m.lines()}\r\n--${outer}--\r\n`;
    },
  ],
  [
    'boundary-in-header',
    (m) => {
      const boundary = m.word();
      return `${m.header(`Content-Type: multipart/mixed; boundary=${boundary}`)}\r\n--${boundary}\r\nContent-Type: text/plain\r\n--${boundary}\r\n--${boundary}\r\n\r\n--${boundary}--\r\n--${boundary}\r\n`;
    },
  ],
  [
    'boundary-oddities',
    (m) => {
      const boundary = m.boundary();
      return `${m.header(`Content-Type: multipart/mixed; boundary=${m.pick([`"${boundary}"`, boundary, `"${boundary} `])}`)}\r\n--${boundary} \t \r\n${textPart(m)}\r\n--${boundary}junk\r\n${textPart(m)}\r\n--${boundary}-\r\n\r\n--${boundary}--junk\r\n--${boundary}\r\n`;
    },
  ],
  [
    'empty-boundary',
    (m) =>
      `${m.header('Content-Type: multipart/mixed; boundary=""')}\r\n--\r\n${textPart(m)}\r\n----\r\n--x\r\n`,
  ],
  [
    'boundary-only-lf',
    (m) => {
      const boundary = m.word();
      return `${m.header(`Content-Type: multipart/mixed; boundary=${boundary}`)}\n--${boundary}\n\n${m.lines()}\n--${boundary}\r\n\r\n${m.lines()}\r\n--${boundary}--\n`;
    },
  ],
  [
    'continued-boundary',
    (m) => {
      const [first, second] = [m.word(), m.word()];
      return `${m.header(`Content-Type: multipart/mixed; boundary*0=${first}; boundary*1="${second}"`)}\r\n--${first}${second}\r\n${textPart(m)}\r\n--${first}${second}--\r\n`;
    },
  ],
  [
    'broken-base64',
    (m) =>
      `${m.header('Content-Type: image/png; name="x.png"', 'Content-Transfer-Encoding: base64')}\r\n${base64(m)}====\r\n!!${m.words()}\r\n${base64(m)}A`,
  ],
  [
    'broken-quoted-printable',
    (m) =>
      `${m.header('Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable')}\r\n=C3=\r\n=ZZ = \r\n${m.highOctets(8)}=\r\n=`,
  ],
  [
    'encoded-message',
    (m) =>
      `${m.header('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64')}\r\n${base64(m)}\r\n`,
  ],
  [
    'invalid-content-type',
    (m) =>
      `${m.header(`Content-Type: ${m.pick(['text', '/', 'text/', '/plain', '', ';', 'text plain', 'a/b/c', '"text/plain"', 'text/plain charset=x'])}`)}\r\n${m.lines()}`,
  ],
  [
    'empty-parts',
    (m) => {
      const boundary = m.word();
      return `${m.header(`Content-Type: multipart/mixed; boundary=${boundary}`)}\r\n--${boundary}\r\n\r\n--${boundary}\r\n\r\n\r\n--${boundary}\r\n--${boundary}--`;
    },
  ],
  [
    'ten-thousand-parts',
    (m) => {
      const boundary = m.word();
      const part = `--${boundary}\r\n\r\n${m.word()}\r\n`;
      return `${m.header(`Content-Type: multipart/mixed; boundary=${boundary}`)}\r\n${part.repeat(10_000 + m.below(50))}--${boundary}--\r\n`;
    },
  ],
];
