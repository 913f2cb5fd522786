/** Reads the tag that begins a command line: what replies echo, also when the rest is no command. */
import { charClass, isOfClass } from './characters.ts';
import type { OctetString } from './command-parts.ts';

const tagOctetsMax = 64;

/**
 * The tag, when the line begins with one and it ends at a space or the line's end. Longer tags than any
 * client makes are not echoed.
 */
export function readTag(line: OctetString): string | undefined {
  let end = 0;
  while (end <= tagOctetsMax && isOfClass(line.charCodeAt(end), charClass.tag)) end += 1;
  if (end === 0 || end > tagOctetsMax) return undefined;
  return end === line.length || line[end] === ' ' ? line.slice(0, end) : undefined;
}
