/**
 * Makes a self-signed certificate, so that a new installation speaks TLS before anybody asked an authority
 * for one: ECDSA P-256, ten years, for the host name and for loopback.
 */
import './reflect-metadata.ts';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface PemPair {
  /** The certificate, PEM. */
  readonly certificate: string;
  /** The private key, PKCS #8 in PEM. */
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const years = 10;
/** Clients whose clock is a little behind accept it all the same. */
const backdatedMs = 60 * 60 * 1000;
/** RFC 5280 appendix A.1: ub-common-name. A longer host name stands in the alternative names only. */
const commonNameMax = 64;

const names = (hostname: string): JsonGeneralName[] => [
  ...[...new Set([hostname, 'localhost'])].map((value) => ({ type: 'dns' as const, value })),
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
];

/** RFC 5280 section 4.1.2.2: positive, at most 20 octets. */
const serialNumber = (): string => {
  const octets = randomBytes(16);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets.toString('hex');
};

/** @param now milliseconds since the epoch */
export const makeSelfSigned = async (hostname: string, now: number): Promise<PemPair> => {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const notBefore = new Date(now - backdatedMs);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ CN: [hostname.length <= commonNameMax ? hostname : 'chancery'] }],
      notBefore,
      notAfter,
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(names(hostname)),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto as Crypto),
      ],
    },
    webcrypto as Crypto,
  );
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` };
};
