/**
 * The conversation of one session: pulls what the client sends, carries it out command by command, and sends
 * the replies. Ends when the client has gone, at LOGOUT, and when the session must end; says why. For
 * STARTTLS it comes back to its caller, which starts another conversation over TLS.
 *
 * Whatever a command throws becomes its tagged reply: a bug ends the session only when the output is cut in
 * the middle of a literal.
 */
import { limits } from '../../limits.ts';
import { ServiceUnavailable } from '../../mail/service-unavailable.ts';
import { type PendingAppend, takeLiteral, takeMessageOctets } from '../commands/append.ts';
import { dispatch, verbOf } from '../commands/dispatch.ts';
import type { CommandPart } from '../grammar/command-parts.ts';
import { parseCommand } from '../grammar/parse-command.ts';
import type { ReaderEvent, Refusal } from '../grammar/reader-steps.ts';
import { taggedStatus, untaggedStatus } from '../responses/status-responses.ts';
import { announce } from './announce.ts';
import { capabilities } from './capabilities.ts';
import { ConnectionGone, SessionEnded } from './errors.ts';
import { bad, type Outcome } from './outcome.ts';
import { logError, noteRefusal, outcomeOfError } from './refusals.ts';
import type { ImapSession } from './session.ts';

export type ConversationEnd =
  | { readonly kind: 'start-tls' }
  | { readonly kind: 'end'; readonly reason: string };

/** What the connection must know while the conversation runs. */
export interface ConversationHooks {
  /** A command is under way: the client waits for us. */
  busy(isBusy: boolean): void;
  /** The listener closes: no further command. */
  isClosing(): boolean;
}

export function greet(session: ImapSession): void {
  const code = { kind: 'CAPABILITY', capabilities: capabilities(session) } as const;
  session.output.line(untaggedStatus('OK', `${session.settings.name} Chancery ready`, code));
  session.output.flush();
}

/** Never rejects. */
export async function converse(session: ImapSession, hooks: ConversationHooks): Promise<ConversationEnd> {
  const appending: { pending: PendingAppend | undefined } = { pending: undefined };
  try {
    let inTurn = 0;
    for (;;) {
      const event = await session.input.next();
      if (event === undefined) return { kind: 'end', reason: 'closed by the peer' };
      hooks.busy(true);
      const end = await answerEvent(session, event, appending);
      session.output.flush();
      if (end !== undefined) return end;
      await session.output.ready();
      hooks.busy(false);
      if (hooks.isClosing()) return sayBye(session, 'Server shutting down', 'listener closed');
      inTurn += 1;
      if (inTurn % limits.imap.commandsPerTurnMax === 0)
        await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    if (error instanceof ConnectionGone) return { kind: 'end', reason: 'closed by the peer' };
    if (error instanceof SessionEnded) return sayBye(session, error.bye, error.message);
    logError(session, 'unknown', error);
    return sayBye(session, 'Internal error', 'internal error');
  } finally {
    await appending.pending?.receiver?.abort();
  }
}

export function sayBye(session: ImapSession, text: string, reason: string): ConversationEnd {
  if (!session.output.broken) {
    session.output.line(untaggedStatus('BYE', text));
    session.output.flush();
  }
  return { kind: 'end', reason };
}

async function answerEvent(
  session: ImapSession,
  event: ReaderEvent,
  appending: { pending: PendingAppend | undefined },
): Promise<ConversationEnd | undefined> {
  switch (event.kind) {
    case 'command': {
      const pending = appending.pending;
      appending.pending = undefined;
      return answerCommand(session, event.parts, pending);
    }
    case 'literal':
      appending.pending = await takeLiteral(session, event.head, event.prefix);
      return undefined;
    case 'literal-data':
      await takeMessageOctets(session, appending.pending, event.octets);
      return undefined;
    case 'literal-end':
      return undefined;
    case 'refused': {
      await appending.pending?.receiver?.abort();
      appending.pending = undefined;
      return answerRefused(session, event.tag, event.refusal);
    }
    case 'line':
      // Nobody asked for one.
      throw new Error('a line that no command waits for');
    case 'fatal':
      session.recorder.note({ type: 'ProtocolViolated', what: 'too much input that is no command' });
      return sayBye(session, event.text, 'too much input that is no command');
    default:
      return event satisfies never;
  }
}

async function answerCommand(
  session: ImapSession,
  parts: readonly CommandPart[],
  pending: PendingAppend | undefined,
): Promise<ConversationEnd | undefined> {
  const parsed = parseCommand(parts);
  if (parsed.kind === 'bad') {
    await pending?.receiver?.abort();
    return reply(session, parsed.tag, parsed.verb ?? 'unknown', bad(parsed.text));
  }
  const { tag, command } = parsed;
  const verb = verbOf(command);
  let outcome: Outcome;
  try {
    outcome = await dispatch(session, command, tag, pending);
    outcome = await announceAfter(session, verb, outcome);
  } catch (error) {
    if (error instanceof ConnectionGone || error instanceof SessionEnded) throw error;
    outcome = outcomeOfError(session, verb, error);
    if (session.output.broken) return { kind: 'end', reason: 'internal error in the middle of a literal' };
  }
  return reply(session, tag, verb, outcome);
}

/** RFC 3501 section 7.4.1: no EXPUNGE while one of these is answered. */
const withoutExpunges: ReadonlySet<string> = new Set(['FETCH', 'STORE', 'SEARCH']);
/** These tell nothing about the mailbox, or end its selection, or have just begun it. */
const withoutNews: ReadonlySet<string> = new Set([
  'CAPABILITY',
  'ID',
  'ENABLE',
  'NAMESPACE',
  'LOGOUT',
  'SELECT',
  'EXAMINE',
  'IDLE',
]);

async function announceAfter(session: ImapSession, verb: string, outcome: Outcome): Promise<Outcome> {
  const { account, selected } = session;
  if (account === undefined || selected === undefined || withoutNews.has(verb)) return outcome;
  try {
    const options = {
      expunges: !withoutExpunges.has(verb),
      told: outcome.told,
      withUids: verb.startsWith('UID '),
    };
    await announce({ session, account, selected }, options);
  } catch (error) {
    if (!(error instanceof ServiceUnavailable)) throw error;
    // The command is done all the same; only those that ask for news fail without them.
    if (verb === 'NOOP' || verb === 'CHECK') throw error;
    session.logger.info({ err: error, sessionId: session.recorder.sessionId }, 'mailbox news are late');
  }
  return outcome;
}

function answerRefused(session: ImapSession, tag: string, refusal: Refusal): ConversationEnd | undefined {
  const { status, text, code } = refusal;
  return reply(session, tag, 'unknown', code === undefined ? { status, text } : { status, text, code });
}

function reply(
  session: ImapSession,
  tag: string,
  verb: string,
  outcome: Outcome,
): ConversationEnd | undefined {
  noteRefusal(session, verb, outcome);
  session.output.line(taggedStatus(tag, outcome.status, outcome.text, outcome.code));
  if (outcome.after === 'start-tls') return { kind: 'start-tls' };
  if (outcome.after === 'end') {
    const reason = outcome.reason ?? 'logout';
    return outcome.bye === undefined ? { kind: 'end', reason } : sayBye(session, outcome.bye, reason);
  }
  session.badCommands = outcome.status === 'BAD' ? session.badCommands + 1 : 0;
  const badMax =
    session.account === undefined ? limits.imap.badCommandsMax : limits.imap.badCommandsAuthenticatedMax;
  if (session.badCommands < badMax) return undefined;
  session.recorder.note({ type: 'ProtocolViolated', what: 'too many bad commands' });
  return sayBye(session, 'Too many bad commands', 'too many bad commands');
}
