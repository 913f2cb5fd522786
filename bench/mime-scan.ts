/**
 * How fast message facts are made: megabytes a second on big bodies, messages a second at 4 KiB.
 *
 *     node bench/mime-scan.ts [--seconds 1] [--megabytes 50]
 *
 * Each row scans one message again and again for the given time, after a warm-up, in chunks of 64 KiB
 * when it is larger, as it comes from the content store.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createMimeScanner } from '../projections/message-facts/mime-scanner.ts';
import { limits } from '../src/limits.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '1' }, megabytes: { type: 'string', default: '50' } },
});
const runMs = Number(values.seconds) * 1000;
const bigOctets = Number(values.megabytes) * 1024 * 1024;

const header = [
  'Received: from mx.example.test (mx.example.test [192.0.2.1]) by mail.example.test with ESMTPS',
  '\tid 0190c2f0; Mon, 23 Nov 2026 09:00:00 +0000',
  'Date: Mon, 23 Nov 2026 09:00:00 +0000',
  'From: "Alice Example" <alice@example.test>',
  'To: Bob <bob@example.test>, carol@example.test',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= and a line',
  ' that is folded',
  'Message-ID: <0190c2f0-7e5a@example.test>',
  'In-Reply-To: <0190c2f0-7e59@example.test>',
  'MIME-Version: 1.0',
];
const textLine = 'The quick brown fox jumps over the lazy dog, and this line is as long as most.\r\n';
const base64Line = `${'QUJDRA=='.repeat(9)}QUJD\r\n`;

function filled(line: string, octets: number): string {
  return line.repeat(Math.max(1, Math.ceil(octets / line.length)));
}

function plain(octets: number): string {
  return `${header.join('\r\n')}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${filled(textLine, octets)}`;
}

function withParts(parts: readonly string[]): string {
  const body = parts.map((part) => `--=_boundary_0001\r\n${part}\r\n`).join('');
  return `${header.join('\r\n')}\r\nContent-Type: multipart/mixed; boundary="=_boundary_0001"\r\n\r\n${body}--=_boundary_0001--\r\n`;
}

function textPart(octets: number): string {
  return `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${filled(textLine, octets)}`;
}

function attachment(octets: number): string {
  return `Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\n${filled(base64Line, octets)}`;
}

const cases: readonly (readonly [name: string, message: string])[] = [
  ['4 KiB, text/plain', plain(3500)],
  ['4 KiB, text and html and attachment', withParts([textPart(1000), textPart(1000), attachment(800)])],
  ['big text/plain', plain(bigOctets)],
  ['big base64 attachment', withParts([textPart(1000), attachment(bigOctets)])],
  ['big text in a multipart', withParts([textPart(bigOctets)])],
  [
    'big attachment in a forwarded message',
    withParts([
      `Content-Type: message/rfc822\r\n\r\n${withParts([attachment(bigOctets)]).replaceAll('_0001', '_0002')}`,
    ]),
  ],
  ['big flood of empty lines in a multipart', withParts([`\r\n${filled('\r\n', bigOctets)}`])],
  ['big flood of lines of hyphens', withParts([`\r\n${filled('--\r\n', bigOctets)}`])],
  ['big single line', withParts([`\r\n${filled('x'.repeat(1000), bigOctets)}`])],
  ['ten thousand parts', withParts(Array.from({ length: 9_990 }, () => textPart(100)))],
];

function scanOnce(message: Uint8Array): void {
  const scanner = createMimeScanner(limits.mime);
  for (let at = 0; at < message.length; at += limits.content.chunkOctets) {
    scanner.push(message.subarray(at, at + limits.content.chunkOctets));
  }
  scanner.end();
}

function measure(message: Uint8Array): { messagesPerSecond: number; megabytesPerSecond: number } {
  const warmUntil = performance.now() + Math.min(runMs, 300);
  do scanOnce(message);
  while (performance.now() < warmUntil);
  const start = performance.now();
  let rounds = 0;
  let elapsedMs = 0;
  do {
    scanOnce(message);
    rounds += 1;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < runMs);
  const messagesPerSecond = rounds / (elapsedMs / 1000);
  return { messagesPerSecond, megabytesPerSecond: (messagesPerSecond * message.length) / 1_000_000 };
}

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
console.log(
  `${'message'.padEnd(42)}${'octets'.padStart(12)}${'messages/s'.padStart(14)}${'MB/s'.padStart(10)}`,
);
for (const [name, text] of cases) {
  const message = new Uint8Array(Buffer.from(text, 'latin1'));
  const { messagesPerSecond, megabytesPerSecond } = measure(message);
  const figures = [
    message.length.toString(),
    messagesPerSecond.toFixed(messagesPerSecond < 100 ? 1 : 0),
    megabytesPerSecond.toFixed(0),
  ];
  console.log(
    `${name.padEnd(42)}${figures[0]!.padStart(12)}${figures[1]!.padStart(14)}${figures[2]!.padStart(10)}`,
  );
}
