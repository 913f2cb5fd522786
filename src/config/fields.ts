/** The kinds of value that the configuration is made of, each with the words for what it expects. */
import { isIP } from 'node:net';
import * as z from 'zod';
import { parseNetwork } from './networks.ts';

/** RFC 1123 section 2.1: letters, digits and hyphens, labels of up to 63, 253 in all. */
const hostNamePattern =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** All digits and dots is an address, or a broken one, never a name. */
const isHostName = (text: string): boolean => hostNamePattern.test(text) && !/^[\d.]+$/.test(text);

const checked = (expected: string, holds: (text: string) => boolean) =>
  z.string({ error: `expected ${expected}` }).refine(holds, { error: `expected ${expected}` });

export const hostName = () =>
  checked('a host name, such as mail.example.org', isHostName).overwrite((text) => text.toLowerCase());

export const domainName = () =>
  checked('a domain, such as example.org (in ASCII form)', isHostName).overwrite((text) =>
    text.toLowerCase(),
  );

/** Where to listen. */
export const host = () =>
  checked(
    'an address or host name to listen on, such as 127.0.0.1; 0.0.0.0 for every IPv4 address, "::" for every address',
    (text) => isIP(text) !== 0 || isHostName(text),
  );

export const network = () =>
  checked(
    'a network, such as 192.0.2.0/24, 2001:db8::/32 or a single address',
    (text) => parseNetwork(text) !== undefined,
  );

export const path = () => checked('a path', (text) => text !== '' && !text.includes('\0'));

export const port = () =>
  z.int({ error: 'expected a port number from 0 to 65535, without quotes' }).min(0).max(65535);

export const count = (min: number, max: number) =>
  z
    .int({ error: `expected a whole number from ${min} to ${max}` })
    .min(min, { error: `expected a whole number from ${min} to ${max}` })
    .max(max, { error: `expected a whole number from ${min} to ${max}` });

/** The URL schemes that the KurrentDB client accepts. */
const kurrentDbUrl = /^(kurrentdb|kurrent|kdb|esdb)(\+discover)?:\/\/[^\s/]+/;

export const kurrentDbConnection = () =>
  checked('a KurrentDB connection string, such as kurrentdb://localhost:2113?tls=false', (text) =>
    kurrentDbUrl.test(text),
  );
