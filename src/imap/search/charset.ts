/** Octets of a named charset to text, by the decoders of the runtime. Never fails. */

/** A decoder for a charset; UTF-8 when the name is unknown, missing, or names plain ASCII. */
export function charsetDecoder(name: string | undefined): TextDecoder {
  const label = name?.trim().toLowerCase();
  // The runtime takes ASCII for Windows-1252; mail that says ASCII and is not is UTF-8 these days.
  if (label === undefined || label === '' || label === 'us-ascii' || label === 'ascii') {
    return new TextDecoder('utf-8');
  }
  try {
    return new TextDecoder(label);
  } catch {
    // No such charset.
    return new TextDecoder('utf-8');
  }
}

/** All of them at once; UTF-8 that is none is Latin-1. */
export function decodeCharset(octets: Uint8Array, name: string | undefined): string {
  const text = charsetDecoder(name).decode(octets);
  const isBroken = text.includes('\uFFFD') && /^(?:utf-?8|us-ascii|)$/i.test(name ?? '');
  return isBroken ? new TextDecoder('windows-1252').decode(octets) : text;
}
