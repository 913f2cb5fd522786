/** Checks what a call brings. */
import { z } from 'zod';
import { ControlError } from '../control/control-error.ts';

/** What was asked for cannot be: the command line is wrong, not the installation. */
export const badArgument = 'bad-argument';

export function argumentsOf<T>(schema: z.ZodType<T>, args: unknown): T {
  const result = schema.safeParse(args);
  if (result.success) return result.data;
  throw new ControlError(badArgument, result.error.issues.map(({ message }) => message).join('; '));
}

const domainPattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** Lower case, A-labels (RFC 5321 section 4.1.2). */
export const domainName = z.string().toLowerCase().regex(domainPattern, {
  error: 'not a domain name; an internationalised one is written in its A-label form (xn--...)',
});

export interface Address {
  readonly localPart: string;
  readonly domain: string;
}

/** `local@domain`, unquoted (RFC 5321 Dot-string). */
export const address = z.string().transform((text, context): Address => {
  const at = text.lastIndexOf('@');
  const localPart = text.slice(0, Math.max(at, 0));
  const domain = text.slice(at + 1).toLowerCase();
  const right = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(localPart);
  if (at < 1 || !right || localPart.length > 64 || !domainPattern.test(domain)) {
    context.addIssue({ code: 'custom', message: `not an address: ${text}` });
    return z.NEVER;
  }
  return { localPart, domain };
});
