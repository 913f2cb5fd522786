/** UUIDs as the 16 octets that the log's table keeps (RFC 9562 section 4), and back. */
export const uuidToOctets = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

export function uuidFromOctets(octets: Uint8Array): string {
  const hex = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
