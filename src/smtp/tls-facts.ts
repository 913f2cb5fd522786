/** What is recorded of an established TLS connection. The cipher has its IANA name. */
import type { TLSSocket } from 'node:tls';
import type { TlsFacts } from './ports.ts';

export function tlsFactsOf(socket: TLSSocket): TlsFacts {
  // Node types `servername` as a string; it is false where the client sent none.
  const serverName: unknown = 'servername' in socket ? socket.servername : undefined;
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    ...(typeof serverName === 'string' && serverName !== '' ? { serverName } : {}),
  };
}
