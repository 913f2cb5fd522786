/**
 * Drives the IMAP command reader as a session does: gathers arguments, streams messages, refuses what is
 * not sound, and parses each command. For tests of the grammar; gives what a client would notice.
 */

import { classifyLiteral } from '../../src/imap/grammar/append-command.ts';
import type { CommandReader } from '../../src/imap/grammar/command-reader.ts';
import { createCommandReader } from '../../src/imap/grammar/command-reader.ts';
import { type ParsedCommand, parseCommand } from '../../src/imap/grammar/parse-command.ts';
import type { ReaderLimits, Refusal } from '../../src/imap/grammar/reader-steps.ts';

export type Outcome =
  | ParsedCommand
  | { readonly kind: 'refused'; readonly tag: string; readonly refusal: Refusal }
  | { readonly kind: 'continuation' }
  | { readonly kind: 'message'; readonly octets: string }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'fatal' };

export interface Reading {
  readonly reader: CommandReader;
  readonly outcomes: Outcome[];
  /** Octets held at most after any chunk. */
  heldOctetsMax: number;
}

export const testReaderLimits: ReaderLimits = {
  lineOctetsMax: 1000,
  literalOctetsMax: 500,
  discardOctetsMax: 5000,
};

export function octets(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** `refuseMessages`: answers to message literals, in order; none means stream them. */
export function readCommands(
  chunks: Iterable<Uint8Array>,
  limits: ReaderLimits = testReaderLimits,
  refuseMessages: readonly Refusal[] = [],
): Reading {
  const reader = createCommandReader(limits);
  const reading: Reading = { reader, outcomes: [], heldOctetsMax: 0 };
  const refusals = [...refuseMessages];
  for (const chunk of chunks) {
    reader.push(Uint8Array.from(chunk));
    drain(reading, refusals);
    reading.heldOctetsMax = Math.max(reading.heldOctetsMax, reader.heldOctets);
  }
  return reading;
}

function drain({ reader, outcomes }: Reading, refusals: Refusal[]): void {
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    switch (event.kind) {
      case 'command':
        outcomes.push(parseCommand(event.parts));
        break;
      case 'literal': {
        const use = classifyLiteral(event.prefix);
        const refusal = use.kind === 'message' ? refusals.shift() : undefined;
        if (use.kind === 'bad') reader.refuse({ status: 'BAD', text: use.text });
        else if (refusal !== undefined) reader.refuse(refusal);
        else if (reader.accept(use.kind === 'message' ? 'stream' : 'gather')) {
          outcomes.push({ kind: 'continuation' });
        }
        break;
      }
      case 'literal-data':
        appendMessage(outcomes, Buffer.from(event.octets).toString('latin1'));
        break;
      case 'literal-end':
        appendMessage(outcomes, '');
        break;
      case 'refused':
      case 'line':
        outcomes.push(event);
        break;
      case 'fatal':
        outcomes.push({ kind: 'fatal' });
        break;
      default:
        event satisfies never;
    }
  }
}

/** Joins the pieces of one message, since where they are cut is no matter. */
function appendMessage(outcomes: Outcome[], text: string): void {
  const last = outcomes.at(-1);
  if (last?.kind === 'message')
    outcomes[outcomes.length - 1] = { kind: 'message', octets: last.octets + text };
  else outcomes.push({ kind: 'message', octets: text });
}

/** One command given whole, with its literals non-synchronising. */
export function parseText(text: string): ParsedCommand {
  const { outcomes } = readCommands([octets(`${text}\r\n`)], {
    lineOctetsMax: 100_000,
    literalOctetsMax: 100_000,
    discardOctetsMax: 100_000,
  });
  const parsed = outcomes.find((outcome) => outcome.kind === 'command' || outcome.kind === 'bad');
  if (parsed === undefined) throw new Error(`no command came of ${JSON.stringify(text)}`);
  return parsed;
}
