/** What SMTP needs from the rest of the server (`smtp/ports.ts`), over the services. */
import { accountScope, messageScope } from '../../events/scope-keys.ts';
import type { Authenticate } from '../mail/authentication.ts';
import type { CurrentDirectory } from '../mail/current-directory.ts';
import type { MessageIntake, ReceivedEnvelope } from '../mail/message-intake.ts';
import { ServiceUnavailable } from '../mail/service-unavailable.ts';
import type { RecordedSession } from '../mail/session-records.ts';
import { formatAddress } from '../smtp/path-parser.ts';
import type {
  AcceptedEnvelope,
  ReceiveInfo,
  SmtpDirectory,
  SmtpServices,
  SmtpSessionInfo,
} from '../smtp/ports.ts';
import { replies } from '../smtp/replies.ts';

export interface SmtpServiceParts {
  readonly openSession: (info: SmtpSessionInfo) => RecordedSession;
  readonly authenticate: Authenticate;
  readonly directory: CurrentDirectory;
  readonly intake: MessageIntake;
}

export function createSmtpServices(parts: SmtpServiceParts): SmtpServices {
  const sessions = new Map<string, RecordedSession>();
  return {
    openSession(info) {
      const session = parts.openSession(info);
      sessions.set(session.sessionId, session);
      return {
        sessionId: session.sessionId,
        note: session.note,
        flush: session.flush,
        close(end) {
          sessions.delete(session.sessionId);
          return session.close(end);
        },
      };
    },
    authenticate: parts.authenticate,
    directory: createSmtpDirectory(parts.directory),
    intake: {
      async admit(size) {
        const room = await parts.intake.room(size);
        switch (room) {
          case 'ok':
            return { kind: 'ok' };
          case 'no-room':
            return { kind: 'refused', reply: replies.insufficientStorage };
          case 'log-late':
            return { kind: 'refused', reply: replies.localError };
          default:
            return room satisfies never;
        }
      },
      receive(info) {
        const session = sessions.get(info.sessionId);
        if (session === undefined) throw new ServiceUnavailable(`session ${info.sessionId} has ended`);
        const message = parts.intake.receive(session);
        return {
          messageId: message.messageId,
          write: message.write,
          abort: message.abort,
          async finish(accepted) {
            await message.finish(receivedEnvelope(message.messageId, info, accepted));
            return { messageId: message.messageId };
          },
        };
      },
    },
  };
}

function createSmtpDirectory(directory: CurrentDirectory): SmtpDirectory {
  return {
    async resolve(localPart, domain) {
      const index = await directory.current();
      const ours = domain === '' ? (index.firstDomain() ?? '') : domain;
      if (!index.isOurDomain(ours)) return { kind: 'not-ours' };
      const accountIds = index.accountsFor(localPart, ours);
      if (accountIds.length > 0) return { kind: 'local', accountIds };
      // RFC 5321 section 4.5.1: postmaster is always reachable, also where nobody set it up.
      const postmaster = localPart.toLowerCase() === 'postmaster' ? index.oldestAccount(ours) : undefined;
      return postmaster === undefined
        ? { kind: 'unknown-mailbox' }
        : { kind: 'local', accountIds: [postmaster] };
    },
    async mayTransmitAs(accountId, address) {
      const index = await directory.current();
      const at = address.lastIndexOf('@');
      return index.accountsFor(address.slice(0, at), address.slice(at + 1)).includes(accountId);
    },
  };
}

/** A parameter as sent, apart: `SIZE=1024`. */
function parameters(sent: readonly string[]) {
  return sent.map((text) => {
    const equals = text.indexOf('=');
    return equals < 0 ? { keyword: text } : { keyword: text.slice(0, equals), value: text.slice(equals + 1) };
  });
}

function receivedEnvelope(
  messageId: string,
  info: ReceiveInfo,
  accepted: AcceptedEnvelope,
): ReceivedEnvelope {
  const { reversePath, content, authenticated, recipients } = accepted;
  const { messageIdHeader, subject, from } = content;
  return {
    origin: authenticated === undefined ? 'mx' : 'submission',
    ...(authenticated === undefined ? {} : { submitterId: authenticated.accountId }),
    recipients: recipients.map((each) => ({ accountIds: [...each.accountIds] })),
    envelope: {
      reversePath: {
        asSent: reversePath.asSent,
        address: reversePath.address === undefined ? '' : formatAddress(reversePath.address),
      },
      parameters: parameters(reversePath.parameters),
      helo: accepted.helo.name,
      protocol: accepted.protocol,
      peerAddress: info.peer.address,
    },
    summary: {
      ...(messageIdHeader === undefined ? {} : { messageIdHeader }),
      ...(subject === undefined ? {} : { subject }),
      ...(from === undefined ? {} : { from }),
    },
    forwardPaths: recipients.map((each) => {
      const only = each.accountIds.length === 1 ? each.accountIds[0] : undefined;
      const address =
        each.domain === ''
          ? each.localPart
          : formatAddress({ localPart: each.localPart, domain: each.domain });
      return {
        scope: only === undefined ? messageScope(messageId) : accountScope(only),
        value: { asSent: each.asSent, address, parameters: parameters(each.parameters) },
      };
    }),
    newlinesNormalized: content.newlinesNormalized,
    traceHeader: accepted.traceHeader,
    hidden: content.returnPaths,
  };
}
