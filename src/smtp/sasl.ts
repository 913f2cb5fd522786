/**
 * The client's side of SASL PLAIN (RFC 4616) and LOGIN, decoded. Malformed input gives undefined, which
 * the session answers with 501 (RFC 4954 section 4).
 */
interface PlainCredentials {
  readonly authorizationId: string;
  readonly authenticationId: string;
  readonly password: string;
}

/** `message` is the base64 of `authzid NUL authcid NUL passwd`, UTF-8. */
export function decodePlain(message: string): PlainCredentials | undefined {
  const parts = decodeBase64(message)?.split('\0');
  const [authorizationId, authenticationId, password] = parts ?? [];
  if (parts?.length !== 3 || authorizationId === undefined) return undefined;
  // RFC 4616 section 2: authcid and passwd have at least one character.
  return authenticationId && password ? { authorizationId, authenticationId, password } : undefined;
}

/** One answer of LOGIN. */
export function decodeLoginAnswer(message: string): string | undefined {
  const answer = decodeBase64(message);
  return answer === undefined || answer === '' || answer.includes('\0') ? undefined : answer;
}

/** RFC 4648 section 4, and the `=` by which RFC 4954 section 4 writes an empty initial response. */
function decodeBase64(message: string): string | undefined {
  if (message === '=') return '';
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(message)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(message, 'base64'));
  } catch {
    return undefined;
  }
}
