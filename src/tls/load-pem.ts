/** Reads a certificate chain and its key from PEM files and makes sure that they can be used together. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { TlsError } from './tls-error.ts';

/** What a TLS server needs, and what people ask about it. */
export interface TlsMaterial {
  /** PEM: the certificate, then its chain. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SHA-256 over the certificate, as hexadecimal pairs with colons. */
  readonly fingerprint: string;
  /** Whether the certificate is made out for the host name. */
  covers(hostname: string): boolean;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'this is a folder, not a file',
};

const readPem = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new TlsError(
      code === 'ENOENT' ? 'missing' : 'unreadable',
      file,
      reasons[code ?? ''] ?? message,
      error,
    );
  }
};

const parseCertificate = (pem: string, file: string): X509Certificate => {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    const hint = pem.includes('PRIVATE KEY-----') ? ' but a private key; are the two files swapped?' : '';
    throw new TlsError('not-a-certificate', file, `this is no PEM certificate${hint}`);
  }
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new TlsError('not-a-certificate', file, 'the PEM certificate in it is damaged', error);
  }
};

const parseKey = (pem: string, file: string): KeyObject => {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw new TlsError('encrypted-key', file, 'the private key has a passphrase; store it without one');
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    const hint = pem.includes('BEGIN CERTIFICATE') ? ' but a certificate; are the two files swapped?' : '';
    throw new TlsError('not-a-key', file, `this is no PEM private key${hint}`);
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new TlsError('not-a-key', file, 'the PEM private key in it is damaged', error);
  }
};

/** Throws `TlsError`. An expired certificate loads: better than no TLS; the caller sees `notAfter`. */
export const loadPem = async (certificateFile: string, keyFile: string): Promise<TlsMaterial> => {
  const [certificate, key] = await Promise.all([readPem(certificateFile), readPem(keyFile)]);
  const x509 = parseCertificate(certificate, certificateFile);
  const privateKey = parseKey(key, keyFile);
  if (!x509.checkPrivateKey(privateKey)) {
    throw new TlsError(
      'key-mismatch',
      keyFile,
      `this key does not belong to the first certificate in ${certificateFile} (the server's own must come before its chain)`,
    );
  }
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    throw new TlsError('refused', certificateFile, `TLS refuses it: ${(error as Error).message}`, error);
  }
  return {
    certificate,
    key,
    notBefore: Date.parse(x509.validFrom),
    notAfter: Date.parse(x509.validTo),
    fingerprint: x509.fingerprint256,
    covers: (hostname) => x509.checkHost(hostname, { subject: 'never' }) !== undefined,
  };
};
