/** Field schemas that several event types share. */
import { z } from 'zod';

export const id = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
export const count = z.number().int().nonnegative();
/** Milliseconds since the epoch, UTC. */
export const instant = z.number().int();
/** A canonical UID set such as `1:3,7` (`uid-set.ts`). */
export const uidSet = z.string().regex(/^[0-9:,]*$/);
/** One character per octet (ISO 8859-1), so that any octets survive JSON. */
export const octets = z.string();

export const segment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inline'), length: count }),
  z.object({ kind: z.literal('blob'), offset: count, length: count }),
]);

/** What the log commits to of a stored content; `messageId` names the key scope as well. */
export const contentCommitment = z.object({
  messageId: id,
  blobId: id,
  /** Octets in clear. */
  length: count,
  /** Octets of all sealed chunks. */
  sealedLength: count,
  /** RFC 6962 tree hash over the sealed chunks, hex. */
  chunkRoot: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ContentCommitment = Readonly<z.infer<typeof contentCommitment>>;
