import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connect, createServer } from 'node:tls';
import { openTlsIdentity, type TlsIdentityOptions } from '../../src/tls/identity.ts';
import { makeSelfSigned } from '../../src/tls/self-signed.ts';
import { TlsError, type TlsErrorCode } from '../../src/tls/tls-error.ts';

const root = mkdtempSync(join(tmpdir(), 'chancery-tls-'));
after(() => rmSync(root, { recursive: true }));
const folder = (): string => mkdtempSync(join(root, 'd-'));

const hostname = 'mail.example.test';
const open = (dataDirectory: string, more: Partial<TlsIdentityOptions> = {}) =>
  openTlsIdentity({ dataDirectory, hostname, ...more });

/** A pair of files in a folder of their own. */
const pair = async (name = hostname) => {
  const made = await makeSelfSigned(name, Date.now());
  const at = folder();
  const files = { certificateFile: join(at, 'c.pem'), keyFile: join(at, 'k.pem') };
  writeFileSync(files.certificateFile, made.certificate);
  writeFileSync(files.keyFile, made.key);
  return { ...made, files };
};

const fails = (code: TlsErrorCode, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TlsError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

describe('self-signed certificate', () => {
  it('is ECDSA P-256 for ten years, for the host name and loopback', async () => {
    const now = Date.UTC(2026, 1, 3);
    const certificate = new X509Certificate((await makeSelfSigned(hostname, now)).certificate);
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.equal(Date.parse(certificate.validTo), Date.UTC(2036, 1, 3));
    assert.ok(Date.parse(certificate.validFrom) < now);
    assert.equal(
      certificate.subjectAltName,
      'DNS:mail.example.test, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    assert.equal(certificate.ca, false);
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.ok(certificate.verify(certificate.publicKey));
  });

  it('has another serial number each time, always positive', async () => {
    const serials = await Promise.all(
      Array.from(
        { length: 8 },
        async () => new X509Certificate((await makeSelfSigned('a.test', 0)).certificate).serialNumber,
      ),
    );
    assert.equal(new Set(serials).size, serials.length);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  });

  it('is made for localhost and for very long names as well', async () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.test`;
    for (const name of ['localhost', long]) {
      const certificate = new X509Certificate((await makeSelfSigned(name, Date.now())).certificate);
      assert.equal(certificate.checkHost(name), name);
      assert.equal(certificate.subjectAltName?.match(/DNS:localhost/g)?.length, 1);
    }
  });

  it('is trusted by a TLS client that was given it', async () => {
    const { certificate, key } = await makeSelfSigned(hostname, Date.now());
    const server = createServer({ cert: certificate, key }, (socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as { port: number };
      const socket = connect({ host: '127.0.0.1', port, ca: certificate });
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      assert.equal(text, 'hello');
      assert.equal(socket.authorized, true);
    } finally {
      server.close();
    }
  });
});

describe('TLS identity', () => {
  it('is made on first start, the key for its owner only, and kept', async () => {
    const data = join(folder(), 'data');
    const first = await open(data);
    assert.equal(first.madeNow, true);
    assert.equal(first.origin, 'self-signed');
    assert.equal(statSync(join(data, 'tls', 'key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(join(data, 'tls')).mode & 0o777, 0o700);
    const second = await open(data);
    assert.equal(second.madeNow, false);
    assert.equal(second.current().fingerprint, first.current().fingerprint);
  });

  it('is made anew for another host name, and when it has expired', async () => {
    const data = folder();
    const first = (await open(data)).current();
    const renamed = await open(data, { hostname: 'mx.example.test' });
    assert.equal(renamed.madeNow, true);
    assert.notEqual(renamed.current().fingerprint, first.fingerprint);
    const later = await open(data, {
      hostname: 'mx.example.test',
      now: () => renamed.current().notAfter + 1,
    });
    assert.equal(later.madeNow, true);
  });

  for (const name of ['key.pem', 'certificate.pem']) {
    it(`is made anew when ${name} is gone, as after a crash in between`, async () => {
      const data = folder();
      await open(data);
      unlinkSync(join(data, 'tls', name));
      assert.equal((await open(data)).madeNow, true);
    });
  }

  it('is made anew when a crash left a new key beside the old certificate', async () => {
    const [data, other] = [folder(), folder()];
    await open(data);
    await open(other);
    copyFileSync(join(other, 'tls', 'key.pem'), join(data, 'tls', 'key.pem'));
    assert.equal((await open(data)).madeNow, true);
  });

  it('leaves a damaged file for its owner to look at', async () => {
    const data = folder();
    await open(data);
    writeFileSync(join(data, 'tls', 'certificate.pem'), 'mine');
    await assert.rejects(
      open(data),
      fails('not-a-certificate', /tls\/certificate\.pem: this is no PEM certificate/),
    );
    assert.equal(readFileSync(join(data, 'tls', 'certificate.pem'), 'utf8'), 'mine');
  });

  it('shows the files of the operator when there are any', async () => {
    const { files, certificate, key } = await pair();
    const data = folder();
    const identity = await open(data, { files });
    assert.deepEqual([identity.current().certificate, identity.current().key], [certificate, key]);
    assert.equal(identity.origin, 'configured');
    assert.equal(identity.current().covers(hostname), true);
    assert.equal(identity.current().covers('other.test'), false);
  });

  it('tells its listeners about a new certificate, once, and not about the same one', async () => {
    const [one, two] = [await pair(), await pair()];
    const identity = await open(folder(), { files: one.files });
    const seen: string[] = [];
    const stop = identity.onChange((material) => seen.push(material.certificate));
    await identity.reload();
    assert.deepEqual(seen, []);
    writeFileSync(one.files.certificateFile, two.certificate);
    writeFileSync(one.files.keyFile, two.key);
    await identity.reload();
    assert.deepEqual(seen, [two.certificate]);
    stop();
    writeFileSync(one.files.certificateFile, one.certificate);
    writeFileSync(one.files.keyFile, one.key);
    assert.equal((await identity.reload()).certificate, one.certificate);
    assert.equal(seen.length, 1);
  });

  it('keeps the certificate it has when a reload fails', async () => {
    const { files, certificate } = await pair();
    const identity = await open(folder(), { files });
    writeFileSync(files.certificateFile, '');
    await assert.rejects(identity.reload(), fails('not-a-certificate', /c\.pem/));
    assert.equal(identity.current().certificate, certificate);
  });
});

describe('PEM files that cannot be used', () => {
  it('are named when missing', async () => {
    const { files } = await pair();
    for (const name of ['certificateFile', 'keyFile'] as const) {
      await assert.rejects(
        open(folder(), { files: { ...files, [name]: '/nowhere/x.pem' } }),
        fails('missing', /^\/nowhere\/x\.pem: there is no such file$/),
      );
    }
    await assert.rejects(
      open(folder(), { files: { ...files, keyFile: root } }),
      fails('unreadable', /folder/),
    );
  });

  it('are recognised when swapped', async () => {
    const { files } = await pair();
    await assert.rejects(
      open(folder(), { files: { certificateFile: files.keyFile, keyFile: files.certificateFile } }),
      fails('not-a-certificate', /are the two files swapped\?/),
    );
    await assert.rejects(
      open(folder(), { files: { ...files, keyFile: files.certificateFile } }),
      fails('not-a-key', /are the two files swapped\?/),
    );
  });

  it('are recognised when they do not belong together', async () => {
    const [one, two] = [await pair(), await pair()];
    await assert.rejects(
      open(folder(), { files: { ...one.files, keyFile: two.files.keyFile } }),
      fails('key-mismatch', /k\.pem: this key does not belong to the first certificate in .*c\.pem/),
    );
  });

  it('are recognised when the chain stands before the certificate', async () => {
    const [own, chain] = [await pair(), await pair('ca.test')];
    writeFileSync(own.files.certificateFile, chain.certificate + own.certificate);
    await assert.rejects(open(folder(), { files: own.files }), fails('key-mismatch', /before its chain/));
    writeFileSync(own.files.certificateFile, own.certificate + chain.certificate);
    assert.equal((await open(folder(), { files: own.files })).current().covers(hostname), true);
  });

  it('are recognised when damaged, or locked with a passphrase', async () => {
    const { files, certificate, key } = await pair();
    writeFileSync(files.keyFile, key.replace(/\n[A-Za-z0-9+/]{20}/, '\n!!!!'));
    await assert.rejects(open(folder(), { files }), fails('not-a-key', /damaged/));
    writeFileSync(files.certificateFile, certificate.slice(0, 200));
    writeFileSync(files.keyFile, key);
    await assert.rejects(open(folder(), { files }), fails('not-a-certificate', /damaged/));
    writeFileSync(files.certificateFile, certificate);
    writeFileSync(
      files.keyFile,
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
    );
    await assert.rejects(open(folder(), { files }), fails('encrypted-key', /passphrase/));
  });
});
