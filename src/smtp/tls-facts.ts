/** What is recorded of an established TLS connection. The cipher has its IANA name. */
import type { CipherNameAndProtocol, TLSSocket } from 'node:tls';
import type { TlsFacts } from './ports.ts';

export function tlsFactsOf(socket: TLSSocket): TlsFacts {
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
