/** MAIL (RFC 5321 section 4.1.1.2): opens a mail transaction, when there is room for its message. */
import { understandMailParameters } from '../mail-parameters.ts';
import { formatAddress, parseReversePath } from '../path-parser.ts';
import { type Reply, replies } from '../replies.ts';
import { answer, type Command, offersAuth, offersStartTls, type SmtpSession } from '../session.ts';

export const mail: Command = async (session, argument) => {
  const outOfSequence = sequenceError(session);
  if (outOfSequence !== undefined) return answer(outOfSequence);

  const path = parseReversePath(argument);
  if (!path.ok) return answer(path.reply);
  const parameters = understandMailParameters(path.value.parameters, { authOffered: offersAuth(session) });
  if (!parameters.ok) return answer(parameters.reply);
  const { declaredSize } = parameters.value;
  const { sizeMax } = session.settings;
  // RFC 1870 section 6.1.
  if (declaredSize !== undefined && declaredSize > sizeMax) return answer(replies.messageTooBig(sizeMax));

  const { address } = path.value;
  // The null path belongs to nobody: clients send read receipts with it (RFC 8098 section 3), and the
  // account that did is on record.
  if (session.account !== undefined && address !== undefined) {
    const { accountId } = session.account;
    const allowed = await session.services.directory.mayTransmitAs(accountId, formatAddress(address));
    if (!allowed) return answer(replies.senderNotYours);
  }
  const admission = await session.services.intake.admit(declaredSize);
  if (admission.kind === 'refused') return answer(admission.reply);

  session.transaction = {
    reversePath: path.value,
    parameters: parameters.value,
    recipients: [],
    recipientTried: false,
  };
  return answer(replies.senderOk);
};

/** What must have come before MAIL. */
function sequenceError(session: SmtpSession): Reply | undefined {
  if (session.helo === undefined) return replies.helloFirst;
  if (session.settings.mode === 'submission' && session.account === undefined) {
    // RFC 6409 section 4.3; where a login needs TLS first, RFC 3207 section 4 has the words for it.
    return !offersAuth(session) && offersStartTls(session) ? replies.tlsFirst : replies.authRequired;
  }
  // RFC 5321 section 4.1.4: MAIL must not come while a transaction is open.
  return session.transaction === undefined ? undefined : replies.nestedMail;
}
