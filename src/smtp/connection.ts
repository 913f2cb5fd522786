/**
 * One SMTP connection: smtp-server's SMTPConnection for sockets, STARTTLS and closing, with the
 * conversation replaced by ours. It carries out what commands answer, keeps the clocks (idle, DATA,
 * handshake, early talkers) and closes the session's record when the socket is gone and what was being
 * handled has come to its end.
 *
 * A bug in here ends this session with 421 and nothing else: no error leaves the connection.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { SessionRecorder } from '../mail/session-recorder.ts';
import { answerLine, type LineEnding, noteRefusal } from './conversation.ts';
import { SmtpInputStream } from './input-stream.ts';
import type { ChanceryServer } from './listener.ts';
import { logError } from './log-error.ts';
import { type Reply, replies } from './replies.ts';
import { createReplyWriter } from './reply-writer.ts';
import { type DataPhase, type Outcome, resetForTls, type SmtpSession } from './session.ts';
import { tlsFactsOf } from './tls-facts.ts';

export class ChanceryConnection extends SMTPConnection {
  readonly #server: ChanceryServer;
  readonly #recorder: SessionRecorder;
  readonly #session: SmtpSession;
  #greeted = false;
  #draining = false;
  #handling = 0;
  #octetsIn = 0;
  readonly #output = createReplyWriter(() => this._socket);
  #endReason: string | undefined;
  #data: DataPhase | undefined;
  #handshake: Socket | undefined;
  #tlsFailed = false;
  /** Early-talker pause or TLS handshake, whichever runs. */
  #openingTimer: NodeJS.Timeout | undefined;
  #dataTimer: NodeJS.Timeout | undefined;
  #finished = false;

  constructor(server: ChanceryServer, socket: Socket | TLSSocket, options?: SMTPConnectionOptions | null) {
    super(server, socket, options);
    const { settings, services, sessionLogger: logger } = server;
    this.#server = server;
    const peer = { address: this.remoteAddress, port: this.remotePort };
    const proxied = options?.remoteAddress !== undefined;
    this.#recorder = services.openSession({
      listener: settings.listener,
      protocol: settings.mode === 'mx' ? 'smtp' : 'submission',
      peer,
      local: { address: this.localAddress, port: this.localPort },
      ...(proxied ? { proxy: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 } } : {}),
      implicitTls: settings.implicitTls,
    });
    this.#session = {
      settings,
      services,
      logger,
      recorder: this.#recorder,
      peer,
      bareNewlines: settings.normalizes(peer.address) ? 'normalize' : 'refuse',
      tls: undefined,
      helo: undefined,
      account: undefined,
      transaction: undefined,
      authStep: undefined,
      badCommands: 0,
      failedLogins: 0,
      refusedRecipients: 0,
    };
  }

  /** Opens the conversation, or refuses it with `refusal`. */
  open(refusal: Reply | undefined): void {
    if (refusal === undefined) {
      this.#armHandshakeTimer();
      this._setListeners(() => this.#safely(() => this.#welcome()));
      return;
    }
    // A peer that expects TLS understands no reply before the handshake, and it is not worth one.
    const silent = this.needsUpgrade;
    this.needsUpgrade = false;
    this._setListeners(() => {
      noteRefusal(this.#session, 'CONNECT', refusal);
      this.#endReason = `refused: ${refusal.code}`;
      if (silent) this._socket.destroy();
      else this.#end(refusal, `refused: ${refusal.code}`);
    });
  }

  /** The listener closes: say so as soon as nothing is under way, and a message that is may end. */
  drain(): void {
    this.#draining = true;
    if (this.#handling === 0 && this.#data === undefined) this.#shutDown();
  }

  /** The grace is over. */
  abort(): void {
    this.#endReason ??= 'listener closed';
    this.#abandonData();
    (this.#handshake ?? this._socket).destroy();
  }

  // What smtp-server calls.

  override _createParser(): SmtpInputStream {
    return new SmtpInputStream({
      onOctets: (count) => this.#safely(() => this.#onOctets(count)),
      onLine: (line, ending) => this.#onLine(line, ending),
      onDiscarded: (count) => this.#onDiscarded(count),
      onEndlessLine: () => this.#refuseAndEnd('unknown', replies.tooManyBadCommands, 'endless command line'),
      onError: (error) => this.#onBug(error),
    });
  }

  /** Also how the TLS socket of a handshake becomes known, which smtp-server keeps to itself until it is
   * done: tearing down the socket below it instead would crash the process. */
  override _armTimeout(socket: Socket = this._socket): void {
    if (this._upgrading) this.#handshake = socket;
    socket.setTimeout(this.#server.settings.idleMsMax, () => this.#safely(() => this._onTimeout()));
  }

  override _onTimeout(): void {
    if (this._closing) this._socket.destroy();
    else if (this._upgrading) this.#handshake?.destroy();
    // The peer waits for us, not we for it.
    else if (this.#handling > 0) this._armTimeout();
    else this.#refuseAndEnd(this.#data === undefined ? 'unknown' : 'DATA', replies.idle, 'idle');
  }

  override _onError(error: Error & { code?: string }): void {
    this.#endReason ??= `socket error: ${error.code ?? error.message}`;
    if (this._upgrading) this.#noteTlsFailure(error.message);
    this.#session.logger.info({ err: error, sessionId: this.#recorder.sessionId }, 'connection failed');
    this.close();
  }

  override _onClose(): void {
    const input = this.#input;
    super._onClose();
    if (this.#finished) return;
    this.#finished = true;
    if (this._upgrading) this.#noteTlsFailure('closed during the handshake');
    clearTimeout(this.#openingTimer);
    this.#abandonData();
    void this.#closeRecord(input);
  }

  override close(): void {
    clearTimeout(this.#openingTimer);
    this.#abandonData();
    super.close();
  }

  /** The library has nothing to say here: every reply comes from our table. */
  override send(code: number): void {
    this.#onBug(new Error(`smtp-server wanted to reply ${code}`));
  }

  get #input(): SmtpInputStream | undefined {
    return this._parser instanceof SmtpInputStream ? this._parser : undefined;
  }

  get #over(): boolean {
    return this._closing || this._closed;
  }

  // The opening.

  #welcome(): void {
    clearTimeout(this.#openingTimer);
    if (this.#session.settings.implicitTls) this.#onTls();
    if (this.#over) return;
    const { mode, earlyTalkerPauseMs, isTrusted } = this.#server.settings;
    // A pause shows who talks before the greeting (RFC 5321 section 3.1: the client waits for it). Where
    // people send their own mail nobody waits for nothing.
    if (mode === 'mx' && earlyTalkerPauseMs > 0 && !isTrusted(this.#session.peer.address)) {
      this.#openingTimer = setTimeout(() => this.#safely(() => this.#greet()), earlyTalkerPauseMs);
    } else {
      this.#greet();
    }
  }

  #greet(): void {
    this.#greeted = true;
    this._ready = true;
    this.#say(replies.greeting(this.#server.settings.name));
  }

  #onOctets(count: number): void {
    this.#octetsIn += count;
    if (this.#greeted || this.#over) return;
    this.#recorder.note({ type: 'ProtocolViolated', what: 'talked before the greeting' });
    this.#refuseAndEnd('CONNECT', replies.earlyTalker, 'early talker');
  }

  // Lines and messages.

  async #onLine(line: string, ending: LineEnding): Promise<void> {
    if (this.#draining) return this.#shutDown();
    this.#handling += 1;
    try {
      await this.#carryOut(await answerLine(this.#session, line, ending));
    } finally {
      this.#handling -= 1;
    }
    if (this.#draining && this.#data === undefined) this.#shutDown();
  }

  async #carryOut(outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      case 'reply':
        this.#say(outcome.reply);
        break;
      case 'close':
        this.#end(outcome.reply, outcome.reason);
        break;
      case 'start-tls':
        this.#say(outcome.reply);
        this.#startTls();
        break;
      case 'data':
        this.#beginData(outcome.data);
        this.#say(outcome.reply);
        break;
      default:
        outcome satisfies never;
    }
    await this.#output.untilWritable();
  }

  #beginData(data: DataPhase): void {
    // The connection went away while the receiver was being prepared.
    if (this.#over) {
      this.#abandon(data);
      return;
    }
    this.#data = data;
    this.#dataTimer = setTimeout(
      () => this.#safely(() => this.#refuseAndEnd('DATA', replies.dataTooSlow, 'DATA deadline')),
      this.#server.settings.dataMsMax,
    );
    this.#input?.beginData((octets) => this.#onData(data, octets));
  }

  async #onData(data: DataPhase, octets: Uint8Array): Promise<number | undefined> {
    this.#handling += 1;
    try {
      const used = await data.message.push(octets);
      if (data.message.overrun) {
        const reply = replies.messageTooBig(this.#server.settings.sizeMax);
        this.#refuseAndEnd('DATA', reply, 'twice the size limit');
        return undefined;
      }
      if (used === undefined) return undefined;
      clearTimeout(this.#dataTimer);
      this.#data = undefined;
      const outcome = await data.complete();
      noteRefusal(this.#session, 'DATA', outcome.reply);
      await this.#carryOut(outcome);
      if (this.#draining) this.#shutDown();
      return used;
    } finally {
      this.#handling -= 1;
    }
  }

  #abandonData(): void {
    clearTimeout(this.#dataTimer);
    const data = this.#data;
    this.#data = undefined;
    if (data !== undefined) this.#abandon(data);
  }

  #abandon(data: DataPhase): void {
    data.message.abandon().catch((error: unknown) => logError(this.#session, 'DATA', error));
  }

  // TLS.

  #startTls(): void {
    this.#output.flush();
    this.#armHandshakeTimer();
    this.upgrade(
      () => undefined,
      () => this.#safely(() => this.#onTls()),
    );
  }

  #armHandshakeTimer(): void {
    this.#openingTimer = setTimeout(() => {
      if (this._upgrading) this.#handshake?.destroy(new Error('TLS handshake time-out'));
    }, this.#server.settings.tlsHandshakeMsMax);
  }

  #onTls(): void {
    clearTimeout(this.#openingTimer);
    const tls = tlsFactsOf(this._socket as TLSSocket);
    this.#handshake = undefined;
    resetForTls(this.#session, tls);
    this.#recorder.note({ type: 'TlsEstablished', ...tls });
  }

  #noteTlsFailure(reason: string): void {
    if (this.#tlsFailed) return;
    this.#tlsFailed = true;
    this.#recorder.note({ type: 'TlsFailed', reason });
  }

  /** What stood in clear behind STARTTLS must not be taken for something that came over TLS (the
   * injection of CVE-2011-0411). */
  #onDiscarded(count: number): void {
    if (!this._upgrading) return;
    this.#recorder.note({
      type: 'ProtocolViolated',
      what: `${count} octets in clear behind STARTTLS, discarded`,
    });
  }

  // Output and the end.

  #say(reply: Reply): void {
    // In the middle of a handshake nothing may be written below TLS.
    if (!this._upgrading) this.#output.write(reply);
  }

  #refuseAndEnd(verb: string, reply: Reply, reason: string): void {
    if (this.#over) return;
    noteRefusal(this.#session, verb, reply);
    this.#end(reply, reason);
  }

  #shutDown(): void {
    if (this._upgrading) this.abort();
    else this.#refuseAndEnd('unknown', replies.shuttingDown, 'listener closed');
  }

  #end(reply: Reply, reason: string): void {
    this.#endReason ??= reason;
    this.#say(reply);
    this.close();
  }

  #onBug(error: unknown): void {
    logError(this.#session, 'unknown', error);
    if (this.#over) return;
    try {
      noteRefusal(this.#session, 'unknown', replies.localErrorAtConnect);
    } catch (second) {
      logError(this.#session, 'unknown', second);
    }
    this.#end(replies.localErrorAtConnect, 'internal error');
  }

  /** For what a timer or the library calls: an error thrown there would end the process. */
  #safely(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onBug(error);
    }
  }

  /** A message whose end was seen is taken to its end first, reply or no reply. */
  async #closeRecord(input: SmtpInputStream | undefined): Promise<void> {
    await input?.idle();
    await this.#recorder.close({
      reason: this.#endReason ?? 'closed by the peer',
      octetsIn: this.#octetsIn,
      octetsOut: this.#output.octets,
    });
    this.#server.forget(this);
  }
}
