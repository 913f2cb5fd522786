/**
 * A stream's name as a short key: most are a category and a UUID, 17 octets instead of 44, and UUIDv7s
 * keep their order in time, so that new places go to the end of the index. Different names never share
 * a key.
 */
import { categories, parseStream } from '../../../events/streams.ts';

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const otherName = 0xff;

export function streamKey(stream: string): Uint8Array {
  const parsed = parseStream(stream);
  if (parsed === undefined || !canonicalUuid.test(parsed.id)) {
    return Buffer.concat([Uint8Array.of(otherName), Buffer.from(stream)]);
  }
  const key = Buffer.alloc(17);
  key[0] = categories.indexOf(parsed.category);
  key.write(parsed.id.replaceAll('-', ''), 1, 'hex');
  return key;
}
