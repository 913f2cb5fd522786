/**
 * One client connection: its socket and TLS, the record of its session, its time-outs, and the conversation
 * between. Every connection is opened as a plain socket, so that a handshake that fails is on record like
 * any session.
 *
 * No error leaves a connection: a bug ends this session only.
 */
import type { Socket } from 'node:net';
import { type CipherNameAndProtocol, TLSSocket } from 'node:tls';
import { createCommandReader } from '../grammar/command-reader.ts';
import type { ImapSettings } from '../options.ts';
import type { ImapLogger, ImapServices } from '../ports.ts';
import { untaggedStatus } from '../responses/status-responses.ts';
import { type ConversationEnd, converse, greet, sayBye } from './conversation.ts';
import { createInput } from './input.ts';
import { createOutput } from './output.ts';
import { recentWatermarksOf } from './recent-watermarks.ts';
import { logError } from './refusals.ts';
import type { ImapSession } from './session.ts';

export interface Connection {
  readonly address: string;
  /** Resolves when the socket is gone and the session's record is closed. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends the session when its client has let too much time pass. */
  checkTime(now: number): void;
  /** The listener closes: the session ends when no command is under way. */
  drain(): void;
  /** Ends it now. */
  abort(reason: string): void;
}

interface Wire {
  socket: Socket;
  tls: boolean;
  handshaking: boolean;
  endReason: string | undefined;
  /** When the client or the wire last moved, milliseconds. */
  activeAt: number;
  busy: boolean;
  draining: boolean;
}

/** `refusal`: the text of a BYE instead of a greeting. */
export function openConnection(
  plain: Socket,
  settings: ImapSettings,
  services: ImapServices,
  logger: ImapLogger,
  refusal: string | undefined,
): Connection {
  const peer = { address: plain.remoteAddress ?? '', port: plain.remotePort ?? 0 };
  const recorder = services.openSession({
    listener: settings.listener,
    protocol: 'imap',
    peer,
    local: { address: plain.localAddress ?? '', port: plain.localPort ?? 0 },
    implicitTls: settings.implicitTls,
  });
  const wire: Wire = {
    socket: plain,
    tls: false,
    handshaking: false,
    endReason: undefined,
    activeAt: settings.now(),
    busy: false,
    draining: false,
  };
  const touch = (): void => {
    wire.activeAt = settings.now();
  };
  const input = createInput(createCommandReader(), {
    pause: () => void wire.socket.pause(),
    resume: () => void wire.socket.resume(),
  });
  const session: ImapSession = {
    settings,
    services,
    logger,
    recorder,
    recent: recentWatermarksOf(services.mailboxes),
    peer,
    input,
    output: createOutput(() => wire.socket, touch),
    get tls() {
      return wire.tls;
    },
    idling(isIdling) {
      touch();
      wire.busy = !isIdling;
      if (isIdling && wire.draining) endBye('Server shutting down', 'listener closed');
    },
    account: undefined,
    selected: undefined,
    failedLogins: 0,
    badCommands: 0,
  };

  function listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      touch();
      try {
        input.push(chunk);
      } catch (error) {
        // Thrown here it would end the process.
        logError(session, 'unknown', error);
        abort('internal error');
      }
    });
    socket.on('end', () => input.end());
    socket.on('close', () => input.end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      wire.endReason ??= `socket error: ${error.code ?? error.message}`;
      input.end();
    });
    socket.resume();
  }

  /** Says BYE to a client that waits, and closes. */
  function endBye(text: string, reason: string): void {
    wire.endReason ??= reason;
    if (!wire.handshaking) sayBye(session, text, reason);
    wire.socket.end();
    input.end();
  }

  async function run(): Promise<void> {
    let end: ConversationEnd | undefined;
    try {
      end = await talk();
    } catch (error) {
      logError(session, 'unknown', error);
      end = { kind: 'end', reason: 'internal error' };
    }
    wire.endReason ??= end.kind === 'end' ? end.reason : 'closed by the peer';
    await shut();
    session.account?.mailbox.close();
    await recorder.close({
      reason: wire.endReason,
      octetsIn: input.octets,
      octetsOut: session.output.octets,
    });
  }

  async function talk(): Promise<ConversationEnd> {
    if (settings.implicitTls && !(await secure())) return { kind: 'end', reason: 'TLS handshake failed' };
    if (!wire.tls) listen(plain);
    if (refusal !== undefined) {
      recorder.note({ type: 'CommandRefused', verb: 'CONNECT', code: 'BYE', text: refusal });
      session.output.line(untaggedStatus('BYE', refusal, 'UNAVAILABLE'));
      session.output.flush();
      return { kind: 'end', reason: 'refused: too many sessions' };
    }
    greet(session);
    for (;;) {
      const hooks = { busy, isClosing: () => wire.draining };
      const end = await converse(session, hooks);
      if (end.kind === 'end') return end;
      discardInClear();
      if (!(await secure())) return { kind: 'end', reason: 'TLS handshake failed' };
      busy(false);
    }
  }

  function busy(isBusy: boolean): void {
    wire.busy = isBusy;
    touch();
  }

  /** What stood in clear behind STARTTLS must not be taken for something that came over TLS (the injection
   * of CVE-2011-0411). */
  function discardInClear(): void {
    plain.pause();
    plain.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
    const octets = input.reader.takeUnread().length + (plain.read()?.length ?? 0);
    if (octets === 0) return;
    const what = `${octets} octets in clear behind STARTTLS, discarded`;
    recorder.note({ type: 'ProtocolViolated', what });
  }

  async function secure(): Promise<boolean> {
    wire.handshaking = true;
    touch();
    // Errors of the socket below TLS come up through it.
    if (settings.implicitTls) plain.on('error', () => undefined);
    const socket = new TLSSocket(plain, { isServer: true, secureContext: settings.secureContext });
    wire.socket = socket;
    const failure = await handshake(socket, plain);
    wire.handshaking = false;
    if (failure !== undefined) {
      recorder.note({ type: 'TlsFailed', reason: wire.endReason ?? failure });
      return false;
    }
    wire.tls = true;
    recorder.note({ type: 'TlsEstablished', ...tlsFactsOf(socket) });
    listen(socket);
    return true;
  }

  async function shut(): Promise<void> {
    const { socket } = wire;
    if (socket.destroyed) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    // A client that does not close its side is not waited for.
    if (session.output.broken || wire.handshaking) socket.destroy();
    else socket.end(() => socket.destroy());
    if (socket.writableFinished) socket.destroy();
    await closed;
  }

  const ended = run();
  return {
    address: peer.address,
    ended,
    checkTime(now) {
      const quietMs = now - wire.activeAt;
      if (wire.handshaking) {
        if (quietMs >= settings.tlsHandshakeMsMax) abort('TLS handshake time-out');
        return;
      }
      // We keep the client waiting, unless it is the client that does not take our answer.
      if (wire.busy && !session.output.stalled) return;
      const isLoggedIn = session.account !== undefined;
      if (quietMs < (isLoggedIn ? settings.idleMsMax : settings.beforeLoginMsMax)) return;
      // RFC 3501 section 5.4: the autologout.
      if (session.output.stalled) abort('the client takes no more');
      else endBye('Autologout; idle for too long', 'idle');
    },
    drain() {
      wire.draining = true;
      if (wire.handshaking) abort('listener closed');
      else if (!wire.busy) endBye('Server shutting down', 'listener closed');
    },
    abort,
  };

  function abort(reason: string): void {
    wire.endReason ??= reason;
    // Never the socket below TLS: that would end the process.
    wire.socket.destroy();
    input.end();
  }
}

/** Undefined when it succeeded, else why not. */
function handshake(socket: TLSSocket, plain: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once('secure', () => resolve(undefined));
    socket.on('error', (error: Error) => resolve(error.message));
    socket.once('close', () => resolve('closed during the handshake'));
    plain.once('close', () => resolve('closed during the handshake'));
  });
}

/** What is recorded of an established TLS connection. The cipher has its IANA name. */
function tlsFactsOf(socket: TLSSocket) {
  // A socket that has been destroyed meanwhile has no cipher, whatever the types say.
  const cipher = socket.getCipher() as CipherNameAndProtocol | null | undefined;
  // Node types `servername` as a string; it is false where the client sent none.
  const serverName: unknown = 'servername' in socket ? socket.servername : undefined;
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: cipher?.standardName ?? 'unknown',
    ...(typeof serverName === 'string' && serverName !== '' ? { serverName } : {}),
  };
}
