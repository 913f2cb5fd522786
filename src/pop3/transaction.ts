/**
 * The TRANSACTION and UPDATE states (RFC 1939 sections 5 and 6): listing, reading and marking. Only QUIT changes the
 * maildrop.
 *
 * Sizes are those of the stored octets, which are the octets as sent but for stuffed dots. The CRLF that ends a
 * message without one counts as part of the final line, in STAT, LIST and RETR alike.
 */
import { ContentErased } from '../content/errors.ts';
import { limits } from '../limits.ts';
import type { Pop3Command } from './commands.ts';
import { type Maildrop, type MaildropMessage, UpdateRefused } from './maildrop.ts';
import { stuffed } from './multiline.ts';
import { endOfLines, err, formatLines, formatReply, ok, type Refusal } from './responses.ts';
import { badCommand, logFault, type Outcome, type Pop3Session, ResponseBroken, refused } from './session.ts';
import { ClientGone } from './wire.ts';

const noSuchMessage = refused(err('No such message'));
const allLines = Number.POSITIVE_INFINITY;

export async function transact(
  session: Pop3Session,
  maildrop: Maildrop,
  command: Pop3Command,
): Promise<Outcome> {
  switch (command.name) {
    case 'STAT':
      return answer(`${maildrop.count} ${maildrop.octets}`);
    case 'LIST':
      return list(session, maildrop, command.message, ({ size }) => `${size}`);
    case 'UIDL':
      return list(session, maildrop, command.message, ({ uniqueId }) => uniqueId);
    case 'RETR':
      return retrieve(session, maildrop, command.message, allLines);
    case 'TOP':
      return retrieve(session, maildrop, command.message, command.lines);
    case 'DELE': {
      const message = maildrop.find(command.message);
      if (message === undefined) return noSuchMessage;
      maildrop.delete(message);
      return answer('Deleted at QUIT');
    }
    case 'RSET':
      maildrop.reset();
      return answer(`${maildrop.count} messages (${maildrop.octets} octets)`);
    case 'NOOP':
      return answer('Nothing done');
    default:
      return badCommand(err('Not after login'));
  }
}

const answer = (text: string): Outcome => ({ kind: 'response', octets: formatReply(ok(text)) });

async function list(
  { wire }: Pop3Session,
  maildrop: Maildrop,
  number: number | undefined,
  show: (message: MaildropMessage) => string,
): Promise<Outcome> {
  if (number !== undefined) {
    const message = maildrop.find(number);
    return message === undefined ? noSuchMessage : answer(`${number} ${show(message)}`);
  }
  await wire.write(formatReply(ok(`${maildrop.count} messages (${maildrop.octets} octets)`)));
  let lines: string[] = [];
  for (const message of maildrop.messages()) {
    lines.push(`${message.number} ${show(message)}`);
    if (lines.length < limits.pop3.listedAtOnce) continue;
    await wire.write(formatLines(lines));
    lines = [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  await wire.write(formatLines(lines) + endOfLines);
  return { kind: 'sent' };
}

async function retrieve(
  session: Pop3Session,
  maildrop: Maildrop,
  number: number,
  lines: number,
): Promise<Outcome> {
  const message = maildrop.find(number);
  if (message === undefined) return noSuchMessage;
  const content = await maildrop.content(message);
  if (content === undefined) return refused(err('Another session has deleted the message'));
  const chunks = stuffed(content.read(), lines);
  try {
    // The first octets decide whether there is anything to send.
    const first = await firstOf(session, chunks);
    if ('status' in first) return refused(first);
    await maildrop.recordRead(message, lines);
    const reply = ok(lines === allLines ? `${content.size} octets` : 'Top of the message');
    await session.wire.write(Buffer.concat([Buffer.from(formatReply(reply), 'latin1'), first]));
    for await (const chunk of unbroken(chunks)) await session.wire.write(chunk);
  } finally {
    await chunks.return();
  }
  if (lines === allLines) maildrop.markRetrieved(message);
  return { kind: 'sent' };
}

/** RFC 3206: what was erased stays so; everything else that content can fail with is a fault that may pass. */
async function firstOf(
  session: Pop3Session,
  chunks: AsyncGenerator<Buffer, void, void>,
): Promise<Buffer | Refusal> {
  try {
    const first = await chunks.next();
    return first.done === true ? Buffer.alloc(0) : first.value;
  } catch (error) {
    if (error instanceof ContentErased) return err('The content of the message has been erased', 'SYS/PERM');
    logFault(session, 'RETR', error);
    return err('The message cannot be read now, try again later', 'SYS/TEMP');
  }
}

/** Half of the message is with the client when reading the rest fails. */
async function* unbroken(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  try {
    yield* chunks;
  } catch (cause) {
    throw cause instanceof ClientGone ? cause : new ResponseBroken('a message broke off', { cause });
  }
}

/** RFC 1939 section 6. Rejects with `ServiceUnavailable`: then it is not known to be durable. */
export async function quit(session: Pop3Session): Promise<Outcome> {
  const { maildrop } = session;
  try {
    await maildrop?.update();
  } catch (error) {
    if (!(error instanceof UpdateRefused)) throw error;
    logFault(session, 'QUIT', error);
    const refusal = err('The maildrop was not changed: it is closed', 'SYS/PERM');
    return { kind: 'refused', refusal, endReason: 'update refused' };
  }
  // Before the client hears of the end, so that it can come back at once.
  maildrop?.release();
  session.maildrop = undefined;
  return { kind: 'end', octets: formatReply(ok('Bye')), reason: 'QUIT' };
}
