/** CAPABILITY, ID (RFC 2971), ENABLE (RFC 5161), NAMESPACE (RFC 2342), STARTTLS and LOGOUT. */
import type { OctetString } from '../grammar/command-parts.ts';
import {
  capabilityResponse,
  enabledResponse,
  idResponse,
  namespaceResponse,
} from '../responses/server-responses.ts';
import { untaggedStatus } from '../responses/status-responses.ts';
import { capabilities } from '../session/capabilities.ts';
import { delimiter } from '../session/folder-tree.ts';
import { bad, type Outcome, ok } from '../session/outcome.ts';
import type { ImapSession } from '../session/session.ts';

/** How much of what a client says about itself goes on record. */
const clientNameCharsMax = 500;

export function tellCapabilities(session: ImapSession): Outcome {
  session.output.line(capabilityResponse(capabilities(session)));
  return ok('CAPABILITY completed');
}

export function identify(
  session: ImapSession,
  parameters: readonly (readonly [string, OctetString | null])[] | undefined,
): Outcome {
  if (parameters !== undefined && parameters.length > 0) {
    const said = parameters.map(([name, value]) => `${name}=${value ?? 'NIL'}`).join('; ');
    const name = Buffer.from(said, 'latin1').toString('utf8').slice(0, clientNameCharsMax);
    session.recorder.note({ type: 'ClientIdentified', verb: 'ID', name });
  }
  session.output.line(idResponse([['name', 'Chancery']]));
  return ok('ID completed');
}

/** No extension of ours has to be enabled; the answer says so (RFC 5161 section 3.2). */
export function enable(session: ImapSession): Outcome {
  session.output.line(enabledResponse([]));
  return ok('ENABLE completed');
}

export function tellNamespaces(session: ImapSession): Outcome {
  session.output.line(namespaceResponse([{ prefix: '', delimiter }], [], []));
  return ok('NAMESPACE completed');
}

export function startTls(session: ImapSession): Outcome {
  if (session.account !== undefined) return bad('STARTTLS comes before login');
  if (session.tls) return bad('TLS is active already');
  if (session.settings.secureContext === undefined) return bad('TLS is not available');
  return { ...ok('Begin TLS negotiation now'), after: 'start-tls' };
}

export function logout(session: ImapSession): Outcome {
  session.output.line(untaggedStatus('BYE', 'Logging out'));
  return { ...ok('LOGOUT completed'), after: 'end', reason: 'logout' };
}
