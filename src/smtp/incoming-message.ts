/**
 * One message on its way in: raw octets of the DATA phase go through the decoder and the header scan to
 * the receiver, with the receiver's back-pressure, and end in a verdict.
 *
 * A message that is already lost (too big, bare newlines, the receiver failed) is aborted at once and
 * only read to its end, so that it costs no disk; twice the size limit is `overrun`, and the connection
 * ends. The receiver gets exactly one `finish` or `abort`, whatever happens to the connection.
 */
import { limits } from '../limits.ts';
import { type BareNewlines, createDataDecoder } from './data-stream.ts';
import { createHeaderScan, type HeaderFindings } from './header-scan.ts';
import type { AcceptedEnvelope, ContentFacts, MessageReceiver } from './ports.ts';
import { type Reply, replies } from './replies.ts';

export interface IncomingMessage {
  /** Resolves with how many octets were used when the end of data was among them. */
  push(raw: Uint8Array): Promise<number | undefined>;
  /** More than twice the size limit has come. */
  readonly overrun: boolean;
  readonly sawBareNewline: boolean;
  /** After the end of data. Rejects when the receiver failed, now or before. */
  finish(envelope: (content: ContentFacts) => AcceptedEnvelope): Promise<Verdict>;
  /** The connection is gone. Nothing happens to a message whose end was seen. */
  abandon(): Promise<void>;
}

type Verdict =
  | { readonly kind: 'accepted'; readonly messageId: string }
  | { readonly kind: 'refused'; readonly reply: Reply };

interface IncomingMessageOptions {
  readonly receiver: MessageReceiver;
  readonly sizeMax: number;
  readonly bareNewlines: BareNewlines;
  /** An abort failed. Whatever it left behind is the sweeper's. */
  onAbortFailed(error: unknown): void;
}

type Phase = 'receiving' | 'lost' | 'finishing';

export function createIncomingMessage(options: IncomingMessageOptions): IncomingMessage {
  const { receiver, sizeMax } = options;
  const decoder = createDataDecoder(options.bareNewlines);
  const header = createHeaderScan();
  let phase: Phase = 'receiving';
  let abandoned = false;
  let endSeen = false;
  let writing: Promise<void> | undefined;
  let rawOctets = 0;
  let size = 0;
  let failure: { readonly error: unknown } | undefined;

  async function lose(): Promise<void> {
    if (phase !== 'receiving') return;
    phase = 'lost';
    try {
      await receiver.abort();
    } catch (error) {
      options.onAbortFailed(error);
    }
  }

  async function deliver(content: Uint8Array): Promise<void> {
    size += content.length;
    if (size > sizeMax || (decoder.sawBareNewline && options.bareNewlines === 'refuse')) return lose();
    if (content.length === 0) return;
    header.push(content);
    try {
      writing = receiver.write(content);
      await writing;
    } catch (error) {
      failure = { error };
    } finally {
      writing = undefined;
    }
    if (failure !== undefined || abandoned) await lose();
  }

  async function push(raw: Uint8Array): Promise<number | undefined> {
    const step = decoder.push(raw);
    rawOctets += step.endedAt ?? raw.length;
    endSeen = step.endedAt !== undefined;
    if (phase === 'receiving') await deliver(step.content);
    else size += step.content.length;
    return step.endedAt;
  }

  async function finish(envelope: (content: ContentFacts) => AcceptedEnvelope): Promise<Verdict> {
    const findings = header.findings();
    const reply = refusalOf(findings);
    if (reply !== undefined) {
      await lose();
      return { kind: 'refused', reply };
    }
    if (failure !== undefined) throw failure.error;
    phase = 'finishing';
    const { receivedCount, returnPaths, tooManyReturnPaths: _, ...fields } = findings;
    const newlinesNormalized = decoder.sawBareNewline;
    const content = { size, receivedCount, returnPaths, newlinesNormalized, ...fields };
    const { messageId } = await receiver.finish(envelope(content));
    return { kind: 'accepted', messageId };
  }

  function refusalOf(findings: HeaderFindings): Reply | undefined {
    if (size > sizeMax) return replies.messageTooBig(sizeMax);
    if (decoder.sawBareNewline && options.bareNewlines === 'refuse') return replies.bareNewline;
    // RFC 5321 section 6.3.
    if (findings.receivedCount >= limits.smtp.receivedFieldsMax) return replies.mailLoop;
    return findings.tooManyReturnPaths ? replies.tooManyReturnPaths : undefined;
  }

  return {
    push,
    finish,
    get overrun() {
      return rawOctets > 2 * sizeMax;
    },
    get sawBareNewline() {
      return decoder.sawBareNewline;
    },
    async abandon() {
      if (endSeen) return;
      abandoned = true;
      // A write under way sees the mark when it settles; `abort` must not overtake it.
      if (writing === undefined) await lose();
    },
  };
}
