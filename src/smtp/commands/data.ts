/**
 * DATA (RFC 5321 section 4.1.1.4): asks for room before 354, and says 250 only after the receiver said
 * that key, content and event are durable.
 */
import { createIncomingMessage, type IncomingMessage } from '../incoming-message.ts';
import { logError } from '../log-error.ts';
import type { AcceptedEnvelope, ContentFacts } from '../ports.ts';
import { replies, replyForError } from '../replies.ts';
import {
  answer,
  type Command,
  type Outcome,
  resetTransaction,
  type SmtpSession,
  type Transaction,
} from '../session.ts';
import { formatTraceHeader, withProtocol } from '../trace-header.ts';

export const data: Command = async (session, argument) => {
  const { transaction, helo } = session;
  if (argument !== '') return answer(replies.noArgument);
  if (helo === undefined) return answer(replies.helloFirst);
  if (transaction === undefined) return answer(replies.mailFirst);
  if (transaction.recipients.length === 0) {
    return answer(transaction.recipientTried ? replies.noValidRecipients : replies.recipientFirst);
  }
  const { declaredSize } = transaction.parameters;
  const admission = await session.services.intake.admit(declaredSize);
  if (admission.kind === 'refused') return answer(admission.reply);

  const receiver = session.services.intake.receive({
    sessionId: session.recorder.sessionId,
    peer: session.peer,
    recipientCount: transaction.recipients.length,
    ...(session.account === undefined ? {} : { accountId: session.account.accountId }),
    ...(declaredSize === undefined ? {} : { size: declaredSize }),
  });
  const message = createIncomingMessage({
    receiver,
    sizeMax: session.settings.sizeMax,
    bareNewlines: session.bareNewlines,
    onAbortFailed: (error) => logError(session, 'DATA', error),
  });
  const facts = { helo, transaction, messageId: receiver.messageId };
  return {
    kind: 'data',
    reply: replies.startData,
    data: { message, complete: () => complete(session, message, facts) },
  };
};

interface EnvelopeFacts {
  readonly helo: NonNullable<SmtpSession['helo']>;
  readonly transaction: Transaction;
  readonly messageId: string;
}

async function complete(
  session: SmtpSession,
  message: IncomingMessage,
  facts: EnvelopeFacts,
): Promise<Outcome> {
  // RFC 5321 section 4.1.1.4: whatever the verdict, the buffers are cleared.
  resetTransaction(session);
  if (message.sawBareNewline) {
    const verdict = session.bareNewlines === 'normalize' ? 'normalized' : 'refused';
    session.recorder.note({ type: 'ProtocolViolated', what: `bare CR or LF in message, ${verdict}` });
  }
  try {
    const verdict = await message.finish((content) => envelopeOf(session, facts, content));
    if (verdict.kind === 'refused') return answer(verdict.reply);
    session.badCommands = 0;
    session.refusedRecipients = 0;
    return answer(replies.accepted(verdict.messageId));
  } catch (error) {
    logError(session, 'DATA', error);
    return answer(replyForError(error, 'command'));
  }
}

function envelopeOf(session: SmtpSession, facts: EnvelopeFacts, content: ContentFacts): AcceptedEnvelope {
  const { helo, transaction } = facts;
  const { reversePath, recipients } = transaction;
  const receivedAt = session.settings.now();
  const protocol = withProtocol({
    extended: helo.verb === 'EHLO',
    tls: session.tls !== undefined,
    authenticated: session.account !== undefined,
  });
  const tls = session.tls === undefined ? {} : { tls: session.tls };
  const traceHeader = formatTraceHeader({
    helo: helo.name,
    peerAddress: session.peer.address,
    by: session.settings.name,
    protocol,
    messageId: facts.messageId,
    recipients,
    at: receivedAt,
    ...tls,
  });
  return {
    receivedAt,
    helo,
    protocol,
    ...tls,
    ...(session.account === undefined ? {} : { authenticated: session.account }),
    reversePath: {
      asSent: reversePath.asSent,
      ...(reversePath.address === undefined ? {} : { address: reversePath.address }),
      parameters: reversePath.parameters.map((parameter) => parameter.asSent),
      ...transaction.parameters,
    },
    recipients,
    traceHeader,
    content,
  };
}
