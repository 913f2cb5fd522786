/**
 * From one line of input to one outcome: finds the command, runs it, turns whatever it throws into a
 * temporary reply, counts bad commands, and notes every refusal with the code and text that go out.
 */
import { limits } from '../limits.ts';
import { commandTable } from './commands/command-table.ts';
import { logError } from './log-error.ts';
import { isRefusal, type Reply, replies, replyForError, replyText } from './replies.ts';
import { answer, closeWith, type Outcome, type SmtpSession } from './session.ts';

/** How a line ended. Only CRLF ends a command (RFC 5321 section 2.3.8). */
export type LineEnding = 'crlf' | 'lf' | 'too-long';

/** Never rejects. `line` has no line end and one octet per character. */
export async function answerLine(session: SmtpSession, line: string, ending: LineEnding): Promise<Outcome> {
  const authStep = session.authStep;
  const verb = authStep === undefined ? verbOf(line) : 'AUTH';
  const outcome = limitBadCommands(session, await respond(session, { line, ending, verb }));
  noteRefusal(session, verb, outcome.reply);
  return outcome;
}

/** Every reply of 400 and more goes on record, as it was sent. */
export function noteRefusal(session: SmtpSession, verb: string, reply: Reply): void {
  if (!isRefusal(reply)) return;
  const text = replyText(reply);
  const enhanced = reply.enhanced === undefined ? {} : { enhanced: reply.enhanced };
  session.recorder.note({ type: 'CommandRefused', verb, code: String(reply.code), ...enhanced, text });
  session.logger.debug({ verb, code: reply.code, text, sessionId: session.recorder.sessionId }, 'refused');
}

interface Line {
  readonly line: string;
  readonly ending: LineEnding;
  readonly verb: string;
}

async function respond(session: SmtpSession, input: Line): Promise<Outcome> {
  const malformed = malformedLine(session, input);
  if (malformed !== undefined) {
    session.authStep = undefined;
    return malformed;
  }
  try {
    if (session.authStep !== undefined) return await session.authStep(input.line);
    const command = commandTable.get(input.verb);
    if (command === undefined) return answer(replies.unknownCommand);
    return await command(session, argumentOf(input.line));
  } catch (error) {
    logError(session, input.verb, error);
    return answer(replyForError(error, 'command'));
  }
}

function malformedLine(session: SmtpSession, { line, ending, verb }: Line): Outcome | undefined {
  if (ending === 'lf' && session.bareNewlines === 'refuse') {
    session.recorder.note({ type: 'ProtocolViolated', what: 'command line ends in a bare LF' });
    return answer(replies.bareNewlineInCommand);
  }
  const octetsMax = verb === 'AUTH' ? limits.smtp.authLineOctetsMax : limits.smtp.commandLineOctetsMax;
  if (ending === 'too-long' || line.length > octetsMax) {
    return answer(session.authStep === undefined ? replies.lineTooLong : replies.authLineTooLong);
  }
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) return answer(replies.controlCharacter);
  // A web page made a browser talk to us. Nothing in what follows is meant as mail.
  if (/^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT) \S+ HTTP\/\d/i.test(line)) {
    session.recorder.note({ type: 'ProtocolViolated', what: 'HTTP request' });
    return closeWith(replies.httpRequest, 'HTTP request');
  }
  return undefined;
}

const badCommandCodes: ReadonlySet<number> = new Set([500, 501, 502, 503, 504, 555]);

function limitBadCommands(session: SmtpSession, outcome: Outcome): Outcome {
  if (outcome.kind !== 'reply' || !badCommandCodes.has(outcome.reply.code)) return outcome;
  session.badCommands += 1;
  if (session.badCommands < limits.smtp.badCommandsMax) return outcome;
  return closeWith(replies.tooManyBadCommands, 'too many bad commands');
}

/** Only what is in the table is named on the record; a stranger's word may be a password. */
function verbOf(line: string): string {
  const word = (/^[A-Za-z]{1,16}(?=[ \t]|$)/.exec(line)?.[0] ?? '').toUpperCase();
  return commandTable.has(word) ? word : 'unknown';
}

/** RFC 5321 section 4.1.1: trailing white space is tolerated. */
function argumentOf(line: string): string {
  const space = line.search(/[ \t]/);
  return space < 0 ? '' : line.slice(space + 1).trim();
}
