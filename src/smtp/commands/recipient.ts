/**
 * RCPT (RFC 5321 section 4.1.1.3): every command that is accepted becomes one recipient, in order, also
 * when two differ only in case or lead to the same mailbox.
 */
import { limits } from '../../limits.ts';
import { type AddressPath, parseForwardPath } from '../path-parser.ts';
import type { RecipientResolution, SmtpDirectory } from '../ports.ts';
import { type Reply, replies } from '../replies.ts';
import { answer, type Command, closeWith, type Outcome, type SmtpSession } from '../session.ts';

export const recipient: Command = async (session, argument) => {
  const { transaction } = session;
  if (session.helo === undefined) return answer(replies.helloFirst);
  if (transaction === undefined) return answer(replies.mailFirst);

  transaction.recipientTried = true;
  const path = parseForwardPath(argument);
  if (!path.ok) return answer(path.reply);
  // RCPT has no parameters until DSN (RFC 3461) is announced.
  if (path.value.parameters.length > 0) return answer(replies.unknownParameter);
  // RFC 5321 section 4.5.3.1.10.
  if (transaction.recipients.length >= session.settings.recipientsMax)
    return answer(replies.tooManyRecipients);

  const { address, asSent } = path.value;
  const resolution = await resolve(session.services.directory, address);
  switch (resolution.kind) {
    case 'local':
      transaction.recipients.push({
        asSent,
        localPart: address.localPart,
        domain: address.domain,
        parameters: [],
        accountIds: resolution.accountIds,
      });
      return answer(replies.recipientOk);
    case 'unknown-mailbox':
      return refuseRecipient(session, replies.unknownMailbox);
    case 'not-ours':
      return refuseRecipient(
        session,
        session.settings.mode === 'submission' ? replies.noWayOut : replies.relayingDenied,
      );
    default:
      return resolution satisfies never;
  }
};

/** RFC 5321 section 4.5.1: postmaster, in any case, is there for every domain of ours; where a domain has
 * none of its own, it is the installation's. */
async function resolve(directory: SmtpDirectory, address: AddressPath): Promise<RecipientResolution> {
  if (address.localPart.toLowerCase() !== 'postmaster') {
    return directory.resolve(address.localPart, address.domain);
  }
  const own = await directory.resolve('postmaster', address.domain);
  return own.kind === 'unknown-mailbox' && address.domain !== '' ? directory.resolve('postmaster', '') : own;
}

/** Somebody who tries names until one exists is stopped. */
function refuseRecipient(session: SmtpSession, reply: Reply): Outcome {
  session.refusedRecipients += 1;
  if (session.refusedRecipients <= limits.smtp.refusedRecipientsMax) return answer(reply);
  return closeWith(replies.tooManyRefusedRecipients, 'too many refused recipients');
}
