/**
 * One POP3 session (RFC 1939): authorization, transaction, and the update at QUIT. A fault of ours is
 * `-ERR [SYS/TEMP]` and never ends in a lost or a changed message; a bug ends this session only.
 */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { ContentErased } from '../content/errors.ts';
import { limits } from '../limits.ts';
import { isSecured } from '../mail/network-set.ts';
import { ServiceUnavailable } from '../mail/service-unavailable.ts';
import type { SessionRecorder } from '../mail/session-recorder.ts';
import { type BadCommand, type Pop3Command, parseCommand, parsePlain } from './commands.ts';
import { type Maildrop, type MaildropMessage, openMaildrop } from './maildrop.ts';
import { stuffed } from './multiline.ts';
import type { Pop3Settings } from './options.ts';
import type { Pop3Logger, Pop3Services } from './ports.ts';
import { ClientGone, createWire, type Wire } from './wire.ts';

export interface Pop3Session {
  readonly done: Promise<void>;
  /** Ends it now; nothing that it marked is changed. */
  abort(): void;
}

interface SessionParts {
  readonly settings: Pop3Settings;
  readonly services: Pop3Services;
  readonly logger: Pop3Logger;
}

/** What the client is told; `code` is an RFC 2449 response code. */
interface Refusal {
  readonly code?: 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH';
  readonly text: string;
}

type Next = 'go-on' | 'end';

export function startSession(socket: Socket, parts: SessionParts): Pop3Session {
  const wire = createWire(socket);
  const { settings, services } = parts;
  const peer = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  const local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
  const recorder = services.openSession({
    listener: settings.listener,
    protocol: 'pop3',
    peer,
    local,
    implicitTls: settings.implicitTls,
  });
  const conversation = createConversation(wire, recorder, peer.address, parts);
  const done = conversation.run().then(async (reason) => {
    wire.end();
    await recorder.close({ reason, octetsIn: wire.octetsIn, octetsOut: wire.octetsOut });
  });
  return { done, abort: () => wire.destroy() };
}

function createConversation(wire: Wire, recorder: SessionRecorder, address: string, parts: SessionParts) {
  const { settings, services, logger } = parts;
  let tls = false;
  let user: string | undefined;
  let failedLogins = 0;
  let badCommands = 0;
  let maildrop: Maildrop | undefined;
  let heldAccount: string | undefined;

  const ok = (text: string): Promise<void> => wire.write(`+OK ${text}\r\n`);

  async function refuse(verb: string, { code, text }: Refusal): Promise<void> {
    recorder.note({
      type: 'CommandRefused',
      verb,
      code: '-ERR',
      ...(code === undefined ? {} : { enhanced: code }),
      text,
    });
    await wire.write(`-ERR ${code === undefined ? '' : `[${code}] `}${text}\r\n`);
  }

  const secured = (): boolean => isSecured({ tls, peerAddress: address });

  async function run(): Promise<string> {
    try {
      if (settings.implicitTls && !(await beginTls())) return 'TLS handshake failed';
      await ok(`${settings.name} POP3 Chancery`);
      return await converse();
    } catch (error) {
      if (error instanceof ClientGone || (error as NodeJS.ErrnoException).code !== undefined)
        return 'connection lost';
      logger.error({ err: error, session: recorder.sessionId }, 'a POP3 session failed');
      await wire.write('-ERR [SYS/TEMP] Internal error, closing connection\r\n').catch(() => undefined);
      return 'internal error';
    } finally {
      maildrop?.release();
      if (heldAccount !== undefined) services.heldMaildrops.delete(heldAccount);
    }
  }

  async function converse(): Promise<string> {
    for (;;) {
      const timeoutMs = maildrop === undefined ? settings.beforeLoginMsMax : settings.idleMsMax;
      const line = await wire.readLine(limits.pop3.lineOctetsMax, timeoutMs);
      if (line.kind === 'closed') return 'connection lost';
      if (line.kind === 'timeout') {
        // RFC 1939 section 3: no UPDATE state, and no reply is required.
        await wire.write('-ERR Autologout, idle for too long\r\n');
        return 'idle for too long';
      }
      const command: Pop3Command | BadCommand =
        line.kind === 'too-long'
          ? { name: 'bad', verb: 'unknown', text: 'Line too long' }
          : parseCommand(line.text);
      if (command.name === 'bad') {
        await refuse(command.verb, { text: command.text });
        if (++badCommands >= limits.pop3.badCommandsMax) return 'too many errors';
        continue;
      }
      if (command.name === 'QUIT') return await quit();
      try {
        if ((await execute(command)) === 'end') return 'too many failed logins';
      } catch (error) {
        if (!(error instanceof ServiceUnavailable)) throw error;
        logger.error({ err: error, session: recorder.sessionId }, 'POP3 cannot be served now');
        await refuse(command.name, { code: 'SYS/TEMP', text: 'Not available now, try again later' });
      }
    }
  }

  async function quit(): Promise<string> {
    try {
      await maildrop?.update();
    } catch (error) {
      if (!(error instanceof ServiceUnavailable)) throw error;
      await refuse('QUIT', { code: 'SYS/TEMP', text: 'Nothing was deleted, try again later' });
      return 'update failed';
    }
    await ok('Bye');
    return 'QUIT';
  }

  async function execute(command: Pop3Command): Promise<Next> {
    if (command.name === 'CAPA') {
      await wire.write(`+OK Capabilities\r\n${capabilities().join('\r\n')}\r\n.\r\n`);
      return 'go-on';
    }
    return maildrop === undefined ? authorize(command) : transact(command, maildrop);
  }

  function capabilities(): string[] {
    const list = ['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', 'IMPLEMENTATION Chancery'];
    if (maildrop === undefined && secured()) list.push('USER', 'SASL PLAIN');
    if (maildrop === undefined && !tls && settings.secureContext !== undefined) list.push('STLS');
    return list;
  }

  async function authorize(command: Pop3Command): Promise<Next> {
    switch (command.name) {
      case 'STLS':
        return startTls();
      case 'USER':
        if (!secured()) return needTls('USER');
        user = command.text;
        await ok('Send the password');
        return 'go-on';
      case 'PASS':
        if (user === undefined) {
          await refuse('PASS', { text: 'USER comes first' });
          return 'go-on';
        }
        return logIn('USER', decode(user), decode(command.text));
      case 'AUTH':
        return authenticate(command.mechanism, command.initial);
      default:
        await refuse(command.name, { text: 'Log in first' });
        return 'go-on';
    }
  }

  async function needTls(verb: string): Promise<Next> {
    await refuse(verb, { text: 'Start TLS first: passwords are not taken in clear' });
    return 'go-on';
  }

  async function authenticate(mechanism: string | undefined, initial: string | undefined): Promise<Next> {
    if (mechanism === undefined) {
      await wire.write(secured() ? '+OK Mechanisms\r\nPLAIN\r\n.\r\n' : '+OK Mechanisms\r\n.\r\n');
      return 'go-on';
    }
    if (mechanism !== 'PLAIN') {
      await refuse('AUTH', { text: 'Mechanism not known' });
      return 'go-on';
    }
    if (!secured()) return needTls('AUTH');
    let response = initial === '=' ? '' : initial;
    if (response === undefined) {
      await wire.write('+ \r\n');
      const line = await wire.readLine(limits.pop3.authLineOctetsMax, settings.beforeLoginMsMax);
      if (line.kind !== 'line' || line.text === '*') {
        await refuse('AUTH', { text: 'Authentication cancelled' });
        return 'go-on';
      }
      response = line.text;
    }
    const plain = parsePlain(response);
    if (plain === undefined) {
      await refuse('AUTH', { text: 'Not a PLAIN message in base64' });
      return 'go-on';
    }
    if (plain.authorizationId !== '' && plain.authorizationId !== plain.login) {
      await refuse('AUTH', { code: 'AUTH', text: 'Acting for another account is not permitted' });
      return 'go-on';
    }
    return logIn('PLAIN', plain.login, plain.password);
  }

  async function logIn(mechanism: string, login: string, password: string): Promise<Next> {
    user = undefined;
    const verb = mechanism === 'USER' ? 'PASS' : 'AUTH';
    const from = { address, sessionId: recorder.sessionId, mechanism };
    const result = await services.authenticate(login, password, from);
    if (result.kind !== 'ok') {
      recorder.note({ type: 'AuthenticationFailed', mechanism, login });
      await delay(settings.failedLoginDelayMs);
      // RFC 3206: [AUTH] is about the credentials, [SYS/TEMP] about now.
      await refuse(
        verb,
        result.kind === 'throttled'
          ? { code: 'SYS/TEMP', text: 'Too many failed logins, try again later' }
          : { code: 'AUTH', text: 'Login failed' },
      );
      return ++failedLogins >= settings.failedLoginsMax ? 'end' : 'go-on';
    }
    recorder.note({ type: 'Authenticated', mechanism, accountId: result.accountId, authenticationId: login });
    if (services.heldMaildrops.has(result.accountId)) {
      await refuse(verb, { code: 'IN-USE', text: 'Another session holds the maildrop' });
      return 'go-on';
    }
    services.heldMaildrops.add(result.accountId);
    heldAccount = result.accountId;
    try {
      const mailbox = await services.mailboxes.open(result.accountId, recorder);
      maildrop = await openMaildrop(mailbox);
    } catch (error) {
      services.heldMaildrops.delete(result.accountId);
      heldAccount = undefined;
      throw error;
    }
    recorder.note({ type: 'FolderOpened', accountId: result.accountId, folderId: 1, readOnly: false });
    await ok(`${maildrop.messages().length} messages`);
    return 'go-on';
  }

  async function startTls(): Promise<Next> {
    if (tls || settings.secureContext === undefined) {
      await refuse('STLS', { text: tls ? 'TLS is already there' : 'TLS is not available' });
      return 'go-on';
    }
    await ok('Begin TLS');
    user = undefined;
    if (!(await beginTls())) throw new ClientGone('the TLS handshake failed');
    return 'go-on';
  }

  async function beginTls(): Promise<boolean> {
    if (settings.secureContext === undefined) return false;
    let secure: TLSSocket;
    try {
      secure = await wire.startTls(settings.secureContext, limits.pop3.tlsHandshakeMsMax);
    } catch (error) {
      recorder.note({ type: 'TlsFailed', reason: error instanceof Error ? error.message : 'unknown' });
      wire.destroy();
      return false;
    }
    tls = true;
    const serverName = (secure as { servername?: string | false }).servername;
    const version = secure.getProtocol() ?? 'unknown';
    const cipher = secure.getCipher().standardName;
    recorder.note({ type: 'TlsEstablished', version, cipher, ...(serverName ? { serverName } : {}) });
    return true;
  }

  async function transact(command: Pop3Command, drop: Maildrop): Promise<Next> {
    switch (command.name) {
      case 'STAT': {
        const all = drop.messages();
        await ok(`${all.length} ${octetsOf(all)}`);
        break;
      }
      case 'LIST':
        await list(command, drop, (message) => `${message.size}`);
        break;
      case 'UIDL':
        await list(command, drop, (message) => message.uniqueId);
        break;
      case 'RETR':
        await send(command.name, drop, drop.find(command.message), Number.POSITIVE_INFINITY);
        break;
      case 'TOP':
        await send(command.name, drop, drop.find(command.message), command.lines);
        break;
      case 'DELE':
        if (drop.find(command.message) === undefined) await refuse('DELE', { text: 'No such message' });
        else {
          drop.delete(command.message);
          await ok('Deleted at QUIT');
        }
        break;
      case 'RSET':
        drop.reset();
        await ok(`${drop.messages().length} messages`);
        break;
      case 'NOOP':
        await ok('Nothing done');
        break;
      default:
        await refuse(command.name, { text: 'Not after login' });
    }
    return 'go-on';
  }

  async function list(
    command: { readonly name: string; readonly message?: number | undefined },
    drop: Maildrop,
    show: (message: MaildropMessage) => string,
  ): Promise<void> {
    if (command.message !== undefined) {
      const message = drop.find(command.message);
      if (message === undefined) await refuse(command.name, { text: 'No such message' });
      else await ok(`${message.number} ${show(message)}`);
      return;
    }
    const all = drop.messages();
    await ok(`${all.length} messages (${octetsOf(all)} octets)`);
    for (let n = 0; n < all.length; n += limits.pop3.listedAtOnce) {
      const part = all.slice(n, n + limits.pop3.listedAtOnce);
      await wire.write(part.map((message) => `${message.number} ${show(message)}\r\n`).join(''));
    }
    await wire.write('.\r\n');
  }

  async function send(
    verb: 'RETR' | 'TOP',
    drop: Maildrop,
    message: MaildropMessage | undefined,
    lines: number,
  ): Promise<void> {
    const content = message === undefined ? undefined : await drop.content(message);
    if (message === undefined || content === undefined) {
      await refuse(verb, {
        text: message === undefined ? 'No such message' : 'The message has been deleted meanwhile',
      });
      return;
    }
    await drop.recordRead(message, verb);
    const chunks = stuffed(content.read(), lines);
    let first: IteratorResult<Buffer>;
    try {
      // The first octets decide whether there is anything to send.
      first = await chunks.next();
    } catch (error) {
      if (!(error instanceof ContentErased)) throw error;
      await refuse(verb, { code: 'SYS/PERM', text: 'The content of the message has been erased' });
      return;
    }
    await ok(verb === 'RETR' ? `${message.size} octets` : 'Top of the message');
    if (first.done !== true) await wire.write(first.value);
    for await (const chunk of chunks) await wire.write(chunk);
  }

  return { run };
}

const octetsOf = (messages: readonly MaildropMessage[]): number =>
  messages.reduce((sum, each) => sum + each.size, 0);

/** Logins and passwords are UTF-8 where they are not ASCII (RFC 6856 section 2 says so for UTF8; others do it too). */
const decode = (octets: string): string => Buffer.from(octets, 'latin1').toString('utf8');
