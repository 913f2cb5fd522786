/** Field schemas that several event types share. */
import { z } from 'zod';
import { contentCommitmentSchema, segmentSchema } from './content.ts';

export const id = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
export const count = z.number().int().nonnegative();
/** Milliseconds since the epoch, UTC. */
export const instant = z.number().int();
/** A canonical UID set such as `1:3,7` (`uid-set.ts`). */
export const uidSet = z.string().regex(/^[0-9:,]*$/);
/** One character per octet (ISO 8859-1), so that any octets survive JSON. */
export const octets = z.string();

export const segment = segmentSchema;

/** What the log commits to of a stored content; `messageId` names the key scope as well. */
export const contentCommitment = contentCommitmentSchema.extend({ messageId: id });
