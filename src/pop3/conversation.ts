/**
 * Reads commands and carries out what they answer, from the greeting to the end. Every refusal goes on the session's
 * record, a fault of ours is `-ERR [SYS/TEMP]`, and a bug ends this session only.
 */
import { limits } from '../limits.ts';
import { ServiceUnavailable } from '../mail/service-unavailable.ts';
import { type BadCommand, type Pop3Command, parseCommand } from './commands.ts';
import { authorize } from './login.ts';
import { endOfLines, err, formatLines, formatReply, ok, type Refusal } from './responses.ts';
import {
  badCommand,
  logFault,
  maySendPassword,
  type Outcome,
  offersStartTls,
  type Pop3Session,
  ResponseBroken,
} from './session.ts';
import { quit, transact } from './transaction.ts';
import type { Line } from './wire.ts';

/** `start-tls`: the client waits for the handshake. */
export type ConversationEnd =
  | { readonly kind: 'start-tls' }
  | { readonly kind: 'end'; readonly reason: string };

export async function greet({ wire, settings }: Pop3Session): Promise<void> {
  await wire.write(formatReply(ok(`${settings.name} POP3 Chancery`)));
}

/** Rejects with `ClientGone`, and with `ResponseBroken`, after which nothing more may be sent. */
export async function converse(session: Pop3Session): Promise<ConversationEnd> {
  const { wire, settings } = session;
  for (;;) {
    const timeoutMs = session.maildrop === undefined ? settings.beforeLoginMsMax : settings.idleMsMax;
    const line = await wire.readLine(limits.pop3.lineOctetsMax, timeoutMs);
    if (line.kind === 'closed') return { kind: 'end', reason: 'closed by the client' };
    // RFC 1939 section 3: no UPDATE state, and no response.
    if (line.kind === 'timeout') return { kind: 'end', reason: 'idle for too long' };
    const command = commandOf(session, line);
    const verb = command.name === 'bad' ? command.verb : command.name;
    const end = await carryOut(session, verb, await outcomeOf(session, command));
    if (end !== undefined) return end;
  }
}

function commandOf(session: Pop3Session, line: Extract<Line, { kind: 'line' | 'too-long' }>) {
  if (line.kind === 'line') return parseCommand(line.text);
  const what = `a line of over ${limits.pop3.lineOctetsMax} octets`;
  session.recorder.note({ type: 'ProtocolViolated', what });
  return { name: 'bad', verb: 'unknown', text: 'Line too long' } as const;
}

async function outcomeOf(session: Pop3Session, command: Pop3Command | BadCommand): Promise<Outcome> {
  try {
    switch (command.name) {
      case 'bad':
        return badCommand(err(command.text));
      case 'CAPA':
        return { kind: 'response', octets: capabilityList(session) };
      case 'QUIT':
        return await quit(session);
      default:
        return session.maildrop === undefined
          ? await authorize(session, command)
          : await transact(session, session.maildrop, command);
    }
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    logFault(session, command.name, error);
    if (command.name === 'QUIT') {
      // What has become durable of it is not known.
      const refusal = err('The maildrop could not be updated, look again later', 'SYS/TEMP');
      return { kind: 'refused', refusal, endReason: 'update failed' };
    }
    return { kind: 'refused', refusal: err('Not available now, try again later', 'SYS/TEMP') };
  }
}

/** RFC 2449 section 6. STLS by RFC 2595 in the AUTHORIZATION state only; UTF8 (RFC 6856) is not claimed. */
function capabilityList(session: Pop3Session): string {
  const lines = ['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', 'IMPLEMENTATION Chancery'];
  if (maySendPassword(session)) lines.push('USER', 'SASL PLAIN');
  if (offersStartTls(session)) lines.push('STLS');
  return `${formatReply(ok('Capabilities'))}${formatLines(lines)}${endOfLines}`;
}

async function carryOut(
  session: Pop3Session,
  verb: string,
  outcome: Outcome,
): Promise<ConversationEnd | undefined> {
  const { wire } = session;
  switch (outcome.kind) {
    case 'response':
      await wire.write(outcome.octets);
      return undefined;
    case 'sent':
      return undefined;
    case 'start-tls':
      await wire.write(formatReply(ok('Begin TLS')));
      return { kind: 'start-tls' };
    case 'end':
      await wire.write(outcome.octets);
      return { kind: 'end', reason: outcome.reason };
    case 'refused': {
      await refuse(session, verb, outcome.refusal);
      if (outcome.endReason !== undefined) return { kind: 'end', reason: outcome.endReason };
      if (outcome.isBad !== true || ++session.badCommands < limits.pop3.badCommandsMax) return undefined;
      return { kind: 'end', reason: 'too many bad commands' };
    }
    default:
      return outcome satisfies never;
  }
}

/** Puts a refusal on record and sends it. */
export async function refuse(session: Pop3Session, verb: string, refusal: Refusal): Promise<void> {
  const { status, code, text } = refusal;
  const enhanced = code === undefined ? {} : { enhanced: code };
  session.recorder.note({ type: 'CommandRefused', verb, code: status, ...enhanced, text });
  await session.wire.write(formatReply(refusal));
}

/** A bug of ours: says so where a reply can still be understood. Never rejects. */
export async function giveUp(session: Pop3Session, error: unknown): Promise<void> {
  logFault(session, 'unknown', error);
  if (error instanceof ResponseBroken) return;
  const apology = err('Internal error, closing', 'SYS/TEMP');
  // A client that has gone meanwhile needs no apology.
  await session.wire.write(formatReply(apology)).catch(() => undefined);
}
