/**
 * One client connection: its TLS, the record of its session, and the conversation. Every connection begins as a plain
 * socket, so that a handshake that fails is on record like any session. No error leaves a connection.
 */
import type { Socket } from 'node:net';
import type { CipherNameAndProtocol, TLSSocket } from 'node:tls';
import { type ConversationEnd, converse, giveUp, greet, refuse } from './conversation.ts';
import type { Pop3Settings } from './options.ts';
import type { Pop3Logger, Pop3Services } from './ports.ts';
import { err } from './responses.ts';
import { type Pop3Session, ResponseBroken } from './session.ts';
import { ClientGone, createWire } from './wire.ts';

export interface Connection {
  /** Resolves when the socket is gone and the session's record is closed. Never rejects. */
  readonly ended: Promise<void>;
  /** The listener closes: the command under way may end, nothing more is read. */
  drain(): void;
  /** Ends it now; what it marked stays unchanged. */
  abort(): void;
}

/** `refusal`: why there is no greeting. Throws when no session can be opened. */
export function openConnection(
  socket: Socket,
  settings: Pop3Settings,
  services: Pop3Services,
  logger: Pop3Logger,
  refusal: string | undefined,
): Connection {
  const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  const recorder = services.openSession({
    listener: settings.listener,
    protocol: 'pop3',
    peer,
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    implicitTls: settings.implicitTls,
  });
  const { idleMsMax: stalledMsMax, lingerMsMax } = settings;
  const wire = createWire(socket, { stalledMsMax, lingerMsMax });
  const state = { tls: false, user: undefined, maildrop: undefined, failedLogins: 0, badCommands: 0 };
  const session: Pop3Session = { settings, services, logger, recorder, peer, wire, ...state };
  let closedByUs: string | undefined;

  async function run(): Promise<void> {
    const reason = await talk(session, refusal).catch((error: unknown) => reasonOf(session, error));
    session.maildrop?.release();
    await wire.finish();
    const { octetsIn, octetsOut } = wire;
    await recorder.close({ reason: closedByUs ?? reason, octetsIn, octetsOut });
  }

  return {
    ended: run(),
    drain() {
      closedByUs = 'listener closed';
      wire.stopReading();
    },
    abort() {
      closedByUs = 'listener closed';
      wire.destroy();
    },
  };
}

/** What ended it, when it was no ordinary end. */
async function reasonOf(session: Pop3Session, error: unknown): Promise<string> {
  if (error instanceof ClientGone) return error.message;
  await giveUp(session, error);
  if (!(error instanceof ResponseBroken)) return 'internal error';
  session.wire.destroy();
  return 'a response broke off';
}

/** Gives the reason of the end. */
async function talk(session: Pop3Session, refusal: string | undefined): Promise<string> {
  const { settings, wire } = session;
  if (!settings.implicitTls) wire.listen();
  if (refusal !== undefined) {
    // No handshake for somebody who is not let in: closing says as much.
    if (settings.implicitTls) session.recorder.note({ ...refusedAtConnect, text: refusal });
    else await refuse(session, 'CONNECT', err(refusal, 'SYS/TEMP'));
    return 'refused: too many sessions';
  }
  if (settings.implicitTls && !(await secure(session))) return 'TLS handshake failed';
  await greet(session);
  for (;;) {
    const end: ConversationEnd = await converse(session);
    if (end.kind === 'end') return end.reason;
    discardClear(session);
    if (!(await secure(session))) return 'TLS handshake failed';
  }
}

const refusedAtConnect = {
  type: 'CommandRefused',
  verb: 'CONNECT',
  code: '-ERR',
  enhanced: 'SYS/TEMP',
} as const;

/** RFC 2595 section 4: what was learned in clear is forgotten. What stood in clear behind STLS must not be taken for
 * something that came over TLS (the injection of CVE-2011-0411). */
function discardClear(session: Pop3Session): void {
  session.user = undefined;
  const octets = session.wire.discardClear();
  if (octets === 0) return;
  const what = `${octets} octets in clear behind STLS, discarded`;
  session.recorder.note({ type: 'ProtocolViolated', what });
}

async function secure(session: Pop3Session): Promise<boolean> {
  const { recorder, settings, wire } = session;
  // Neither implicit TLS nor STLS is there without it.
  if (settings.secureContext === undefined) return false;
  try {
    const socket = await wire.startTls(settings.secureContext, settings.tlsHandshakeMsMax);
    session.tls = true;
    recorder.note({ type: 'TlsEstablished', ...tlsFactsOf(socket) });
    return true;
  } catch (error) {
    recorder.note({ type: 'TlsFailed', reason: error instanceof Error ? error.message : 'unknown' });
    return false;
  }
}

/** The cipher has its IANA name. */
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
