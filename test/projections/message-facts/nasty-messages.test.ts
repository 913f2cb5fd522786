import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { messageFacts } from '../../../projections/message-facts/message-facts.ts';
import { createMimeScanner } from '../../../projections/message-facts/mime-scanner.ts';
import { limits } from '../../../src/limits.ts';
import { generateNastyMessages, nastyKinds } from '../../support/nasty-messages.ts';
import { assertSound } from './assert-sound.ts';
import { everyPart } from './facts-of.ts';

const messages = generateNastyMessages(2026, 500);

describe('The nasty messages', () => {
  it('are the same for the same seed, however many are asked for', () => {
    const again = generateNastyMessages(2026, 80);
    assert.deepEqual(again, messages.slice(0, 80));
    assert.notDeepEqual(generateNastyMessages(7, 1), again.slice(0, 1));
  });

  it('have one of each kind first, names of their own, and few that are alike', () => {
    assert.deepEqual(
      messages.slice(0, nastyKinds.length).map(({ name }) => name.replace(/-\d+$/, '')),
      nastyKinds,
    );
    assert.equal(new Set(messages.map(({ name }) => name)).size, 500);
    const contents = new Set(messages.map(({ bytes }) => Buffer.from(bytes).toString('latin1')));
    assert.ok(contents.size > 450);
  });

  it('say what a transport has to mind', () => {
    const flags = (name: string): readonly boolean[] => {
      const found = messages.find((message) => message.name.startsWith(`${name}-`))!;
      return [found.hasNul, found.hasBareCr, found.hasBareLf, found.endsWithCrlf];
    };
    assert.deepEqual(flags('plain'), [false, false, false, true]);
    assert.deepEqual(flags('nul'), [true, false, false, true]);
    assert.deepEqual(flags('bare-cr'), [false, true, false, false]);
    assert.deepEqual(flags('bare-lf'), [false, false, true, true]);
    assert.deepEqual(flags('empty-message'), [false, false, false, false]);
    assert.deepEqual(flags('unterminated-line'), [false, false, false, false]);
  });

  it('have sound facts, in one piece and in chunks', () => {
    for (const { name, bytes } of messages) {
      const facts = messageFacts(bytes, limits.mime);
      assertSound(bytes, facts);
      const scanner = createMimeScanner(limits.mime);
      for (let at = 0; at < bytes.length; at += 1000) scanner.push(bytes.subarray(at, at + 1000));
      assert.deepEqual(scanner.end(), facts, name);
    }
  });

  it('reach the bounds where they mean to', () => {
    const parts = (kind: string): number => {
      const { bytes } = messages.find(({ name }) => name.startsWith(`${kind}-`))!;
      return everyPart(messageFacts(bytes, limits.mime).root).length;
    };
    assert.equal(parts('ten-thousand-parts'), limits.mime.partsMax);
    assert.equal(parts('deep-nesting-200'), limits.mime.depthMax);
  });
});

const corpus = new URL('../../../../shared/corpus/', import.meta.url);

describe('The messages of the corpus', { skip: !existsSync(corpus) && 'the corpus is not here' }, () => {
  it('have sound facts, in one piece and in chunks', () => {
    for (const name of readdirSync(corpus)) {
      const bytes = readFileSync(new URL(name, corpus));
      const facts = messageFacts(bytes, limits.mime);
      assertSound(bytes, facts);
      const scanner = createMimeScanner(limits.mime);
      for (let at = 0; at < bytes.length; at += 4096) scanner.push(bytes.subarray(at, at + 4096));
      assert.deepEqual(scanner.end(), facts, name);
    }
  });
});
