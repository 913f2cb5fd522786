import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { type ConfigFlags, loadConfig } from '../../src/config/load.ts';
import { limits } from '../../src/limits.ts';

const root = mkdtempSync(join(tmpdir(), 'chancery-config-'));
after(() => rmSync(root, { recursive: true }));
let folders = 0;

const folderWith = (yaml?: string | Uint8Array, name = 'chancery.yaml'): string => {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  if (yaml !== undefined) writeFileSync(join(folder, name), yaml);
  return folder;
};

const load = (yaml?: string | Uint8Array, flags: ConfigFlags = {}, env = {}): Config =>
  loadConfig({ workingDirectory: folderWith(yaml), ...flags }, env);

/** The problems of a configuration, one line each. */
const problems = (yaml: string | Uint8Array, flags: ConfigFlags = {}): string[] => {
  try {
    load(yaml, flags);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return assert.fail('the configuration was taken');
};

describe('configuration without a file', () => {
  it('is what a new user gets', () => {
    const folder = folderWith();
    const config = loadConfig({ workingDirectory: folder }, {});
    assert.equal(config.file, undefined);
    assert.deepEqual(config.domains, ['example.test']);
    assert.equal(config.hostname, 'mail.example.test');
    assert.equal(config.dataDirectory, join(folder, 'data'));
    assert.deepEqual(
      config.listeners.map(({ name, host, port, tls }) => `${name} ${host}:${port} ${tls}`),
      [
        'smtp 127.0.0.1:2525 starttls',
        'submission 127.0.0.1:2587 starttls',
        'submissions 127.0.0.1:2465 implicit',
        'imap 127.0.0.1:2143 starttls',
        'imaps 127.0.0.1:2993 implicit',
        'pop3 127.0.0.1:2110 starttls',
        'pop3s 127.0.0.1:2995 implicit',
      ],
    );
    assert.equal(config.limits.messageOctetsMax, 50 * 1024 * 1024);
    assert.deepEqual(config.log, { kind: 'sqlite' });
    assert.equal(config.nodes, 'one');
  });

  for (const empty of ['', '# nothing yet\n', '---\n', 'limits: {}\n']) {
    it(`is the same with ${JSON.stringify(empty)} in the file`, () => {
      const { file, dataDirectory, ...config } = load(empty);
      const { file: none, dataDirectory: other, ...defaults } = load();
      assert.ok(file?.endsWith('chancery.yaml'));
      assert.deepEqual(config, defaults);
    });
  }
});

describe('flags and environment', () => {
  it('move all ports by the offset, but not a free one', () => {
    const yaml = 'listeners: [{ protocol: smtp, port: 25 }, { protocol: imap, port: 0 }]';
    assert.deepEqual(
      load(yaml, { portOffset: 1000 }).listeners.map(({ port }) => port),
      [1025, 0],
    );
  });

  it('replace the host of every listener', () => {
    assert.deepEqual([...new Set(load('', { host: '::1' }).listeners.map(({ host }) => host))], ['::1']);
  });

  it('win over each other in order: flag, environment, file', () => {
    const folder = folderWith('data: from-file');
    const data = (dataDir: string | undefined, env: Record<string, string>) =>
      loadConfig({ workingDirectory: folder, dataDir }, env).dataDirectory;
    assert.equal(data(undefined, {}), join(folder, 'from-file'));
    assert.equal(data(undefined, { CHANCERY_DATA: 'from-env' }), join(folder, 'from-env'));
    assert.equal(data('from-flag', { CHANCERY_DATA: 'from-env' }), join(folder, 'from-flag'));
  });

  it('name another file, whose folder its relative paths start from', () => {
    const folder = folderWith('tls: { certificate: c.pem, key: /k.pem }\ndata: mail', 'other.yaml');
    for (const config of [
      loadConfig({ configPath: join(folder, 'other.yaml') }, {}),
      loadConfig({ workingDirectory: root }, { CHANCERY_CONFIG: join(folder, 'other.yaml') }),
    ]) {
      assert.equal(config.file, join(folder, 'other.yaml'));
      assert.equal(config.dataDirectory, join(folder, 'mail'));
      assert.deepEqual(config.tls, { certificateFile: join(folder, 'c.pem'), keyFile: '/k.pem' });
    }
  });

  it('carry the demo password; an empty one is none', () => {
    assert.equal(load('', {}, { CHANCERY_DEMO_PASSWORD: 'secret' }).demoPassword, 'secret');
    assert.equal(load('', {}, { CHANCERY_DEMO_PASSWORD: '' }).demoPassword, undefined);
  });

  it('are checked as well', () => {
    assert.deepEqual(problems('', { portOffset: -1, host: 'not a host' }), [
      '--host: expected an address or host name to listen on, such as 127.0.0.1; 0.0.0.0 for every IPv4 address, "::" for every address',
      '--port-offset: expected a whole number from 0 to 65534',
    ]);
    assert.deepEqual(problems('listeners:\n  - protocol: smtp\n    port: 60000\n', { portOffset: 6000 }), [
      'chancery.yaml:3:11: listeners[0].port: with the port offset this is port 66000, but ports end at 65535',
    ]);
    assert.equal(
      problems('domains: [a.test]', { portOffset: 64000 })[0],
      'listeners[0].port: with the port offset this is port 66525, but ports end at 65535',
    );
  });
});

describe('values', () => {
  it('take sizes and durations as people write them', () => {
    const { limits: found, smtp } = load(
      'limits: { messageSize: 1.5MiB, freeSpace: 1000, smtpIdle: 90s, imapIdle: 1h }\nsmtp: { earlyTalkerPause: 250ms }',
    );
    assert.equal(found.messageOctetsMax, 1.5 * 1024 * 1024);
    assert.equal(found.freeOctetsMin, 1000);
    assert.equal(found.smtpIdleMs, 90_000);
    assert.equal(found.imapIdleMs, 3_600_000);
    assert.equal(smtp.earlyTalkerPauseMs, 250);
  });

  it('make host names and domains lower case', () => {
    const { hostname, domains } = load('hostname: Mail.Example.ORG\ndomains: [Example.ORG]');
    assert.deepEqual([hostname, ...domains], ['mail.example.org', 'example.org']);
  });

  it('keep the order of networks, and name listeners of one kind apart', () => {
    const { smtp, listeners } = load(
      [
        'smtp:',
        '  trustedNetworks: [192.0.2.0/24]',
        '  bareLineEnds: [{ network: 192.0.2.1, action: refuse }, { network: 192.0.2.0/24, action: normalize }]',
        'listeners:',
        '  - { protocol: imap, port: 143 }',
        '  - { protocol: imap, port: 144 }',
        '  - { protocol: imap, port: 0, name: office }',
        '  - { protocol: imap, port: 0 }',
        '  - { protocol: imap, port: 0 }',
      ].join('\n'),
    );
    assert.deepEqual(
      smtp.bareLineEnds.map(({ action }) => action),
      ['refuse', 'normalize'],
    );
    assert.deepEqual(
      listeners.map(({ name }) => name),
      ['imap', 'imap-144', 'office', 'imap-2', 'imap-3'],
    );
  });

  it('take KurrentDB for the log when there is one node', () => {
    const { log, nodes } = load('log: { kind: kurrentdb, url: "esdb+discover://a:2113,b:2113" }\nnodes: one');
    assert.deepEqual(log, { kind: 'kurrentdb', url: 'esdb+discover://a:2113,b:2113' });
    assert.equal(nodes, 'one');
  });
});

describe("a beginner's mistakes name file, line, column and key", () => {
  const cases: readonly [title: string, yaml: string, expected: readonly string[]][] = [
    [
      'a misspelt key',
      'hostnam: a.test',
      ['chancery.yaml:1:1: hostnam: unknown key; did you mean "hostname"?'],
    ],
    [
      'a key in another spelling',
      'limits:\n  message-size: 1MiB',
      ['chancery.yaml:2:3: limits.message-size: unknown key; did you mean "messageSize"?'],
    ],
    [
      'part of a key',
      'tls: { cert: a.pem, key: b.pem }',
      ['chancery.yaml:1:8: tls.cert: unknown key; did you mean "certificate"?'],
    ],
    [
      'a key at the wrong place',
      'domains: [a.test]\nmessageSize: 1MiB',
      ['chancery.yaml:2:1: messageSize: unknown key; it belongs at "limits.messageSize"'],
    ],
    [
      'a key of a listener at the wrong place',
      'protocol: imap',
      ['chancery.yaml:1:1: protocol: unknown key; it belongs at "listeners[].protocol"'],
    ],
    [
      'a key that nothing resembles',
      'smtp:\n  zzzzzzzz: 1',
      [
        'chancery.yaml:2:3: smtp.zzzzzzzz: unknown key; expected one of trustedNetworks, bareLineEnds, earlyTalkerPause',
      ],
    ],
    [
      'a misspelt key and the one that is missing, as one problem',
      'listeners:\n  - prot: smtp\n    port: 25',
      ['chancery.yaml:2:5: listeners[0].prot: unknown key; did you mean "protocol"?'],
    ],
    [
      'a misspelt value',
      'listeners:\n  - { protocol: smpt, port: 25 }',
      [
        'chancery.yaml:2:17: listeners[0].protocol: expected one of smtp, submission, imap, pop3, got "smpt"; did you mean "smtp"?',
      ],
    ],
    [
      'a missing key',
      'listeners:\n  - protocol: smtp',
      [
        'chancery.yaml:2:5: listeners[0].port: missing; expected a port number from 0 to 65535, without quotes',
      ],
    ],
    [
      'a number in quotes',
      'listeners:\n  - protocol: smtp\n    port: "25"',
      [
        'chancery.yaml:3:11: listeners[0].port: expected a port number from 0 to 65535, without quotes, got "25"',
      ],
    ],
    [
      'a value where a list belongs',
      'domains: example.org',
      ['chancery.yaml:1:10: domains: expected a list (`- item` lines, or [item, item]), got "example.org"'],
    ],
    [
      'a key with nothing behind it',
      'hostname: a.test\nlisteners:\n',
      ['chancery.yaml:2:1: listeners: expected a list (`- item` lines, or [item, item]), got nothing'],
    ],
    [
      'a list without an item',
      'domains: []',
      ['chancery.yaml:1:10: domains: expected at least one domain, got a list'],
    ],
    [
      'a duration without a unit',
      'limits:\n  smtpIdle: 300',
      [
        'chancery.yaml:2:13: limits.smtpIdle: expected a duration with its unit, such as 500ms, 30s, 5m, 2h or 1d, got 300',
      ],
    ],
    [
      'a size in unknown words',
      'limits:\n  messageSize: 50 megabytes',
      [
        'chancery.yaml:2:16: limits.messageSize: expected a size, such as 50MiB, 800kB or a number of octets, got "50 megabytes"',
      ],
    ],
    [
      'a size out of bounds',
      'limits:\n  messageSize: 1kB',
      [
        'chancery.yaml:2:16: limits.messageSize: expected a size, such as 50MiB, 800kB or a number of octets, from 64KiB to 2GiB, got "1kB"',
      ],
    ],
    [
      'a kind of log that does not exist',
      'log: { kind: postgres }',
      ['chancery.yaml:1:14: log.kind: expected one of sqlite, kurrentdb, got "postgres"'],
    ],
    [
      'a log without its URL',
      'log:\n  kind: kurrentdb',
      [
        'chancery.yaml:2:3: log.url: missing; expected a KurrentDB connection string, such as kurrentdb://localhost:2113?tls=false',
      ],
    ],
    [
      'an address with a port',
      'listeners: [{ protocol: imap, port: 143, host: "127.0.0.1:143" }]',
      [
        'chancery.yaml:1:48: listeners[0].host: expected an address or host name to listen on, such as 127.0.0.1; 0.0.0.0 for every IPv4 address, "::" for every address, got "127.0.0.1:143"',
      ],
    ],
    [
      'a network that is none',
      'smtp:\n  trustedNetworks:\n    - 10.0.0.0/33',
      [
        'chancery.yaml:3:7: smtp.trustedNetworks[0]: expected a network, such as 192.0.2.0/24, 2001:db8::/32 or a single address, got "10.0.0.0/33"',
      ],
    ],
    [
      'something that is no configuration at all',
      '- a\n- b',
      ['chancery.yaml:1:1: expected a block of keys (`key: value`, indented), got a list'],
    ],
    [
      'the same key twice',
      'hostname: a.test\nhostname: b.test',
      ['chancery.yaml:2:1: Map keys must be unique'],
    ],
    [
      'tabs',
      'limits:\n\tmessageSize: 1MiB',
      ['chancery.yaml:2:1: Tabs are not allowed as indentation (indent with spaces)'],
    ],
    [
      'an alias',
      'domains: &a [a.test]\ndata: *a',
      ['chancery.yaml:2:7: aliases (*name) are not supported here'],
    ],
    [
      'the same domain twice',
      'domains: [a.test, A.test]',
      ['chancery.yaml:1:19: domains[1]: a.test stands here twice'],
    ],
  ];
  for (const [title, yaml, expected] of cases) {
    it(title, () => assert.deepEqual(problems(yaml), expected));
  }

  it('all at once, in the order of the file', () => {
    assert.deepEqual(
      problems('loging: {}\nlimits:\n  recipients: 5\ndomains: x').map((line) => line.split(': ')[0]),
      ['chancery.yaml:1:1', 'chancery.yaml:3:15', 'chancery.yaml:4:10'],
    );
  });

  it('without showing a password back', () => {
    const text = problems('log: { kind: kurrentdb, url: "esbd://admin:changeit@db" }').join();
    assert.match(text, /chancery\.yaml:1:30: log\.url: expected a KurrentDB connection string/);
    assert.equal(text.includes('changeit'), false);
  });
});

describe('rules between keys', () => {
  it('refuse two listeners on one port', () => {
    const yaml = (host: string) =>
      `listeners:\n  - { protocol: smtp, port: 25 }\n  - { protocol: imap, port: 25, host: ${host} }`;
    assert.deepEqual(problems(yaml('0.0.0.0')), [
      'chancery.yaml:3:29: listeners[1].port: port 25 on 0.0.0.0 is taken by listeners[0]',
    ]);
    assert.equal(load(yaml('127.0.0.2')).listeners.length, 2);
  });

  it('refuse two listeners of one name', () => {
    assert.deepEqual(
      problems(
        'listeners:\n  - { protocol: smtp, port: 25, name: a }\n  - { protocol: imap, port: 26, name: a }',
      ),
      ['chancery.yaml:3:39: listeners[1].name: the name "a" is taken by listeners[0]'],
    );
  });

  it('refuse machine-local stores beside KurrentDB unless there is one node', () => {
    const log = 'log: { kind: kurrentdb, url: "kurrentdb://db:2113" }\n';
    assert.deepEqual(problems(log), [
      'chancery.yaml:1:14: log.kind: the kurrentdb log can serve several machines, but the stores of keys and blobs are on this machine only; say `nodes: one` if no other machine runs Chancery on this log',
    ]);
    assert.deepEqual(problems(`${log}nodes: several`), [
      'chancery.yaml:2:8: nodes: the stores of keys and blobs are on this machine only (kind: sqlite), so other machines could not read the mail; expected one',
    ]);
    assert.deepEqual(problems('nodes: several'), [
      'chancery.yaml:1:8: nodes: the sqlite log is for one machine; for several use `log: { kind: kurrentdb, url: ... }`',
    ]);
  });

  it('refuse a first pause over the longest', () => {
    assert.deepEqual(problems('authentication: { pauseFirst: 1h, pauseLongest: 1m }'), [
      'chancery.yaml:1:31: authentication.pauseFirst: the first wait is longer than authentication.pauseLongest',
    ]);
  });
});

describe('the file itself', () => {
  it('must exist when it was named', () => {
    const folder = folderWith();
    assert.throws(() => loadConfig({ workingDirectory: folder, configPath: 'no.yaml' }, {}), {
      name: 'ConfigError',
      message: 'no.yaml: there is no such file',
    });
    assert.throws(() => loadConfig({ configPath: folder }, {}), /this is a folder, not a file/);
  });

  it('is not overlooked for its ending', () => {
    assert.throws(() => loadConfig({ workingDirectory: folderWith('', 'chancery.yml') }, {}), {
      message: 'chancery.yml: Chancery reads chancery.yaml; rename the file, or name it with --config',
    });
  });

  it('must be UTF-8, and may begin with a byte order mark', () => {
    assert.deepEqual(problems(Buffer.from('hostname: \xe4', 'latin1')), [
      'chancery.yaml: expected text in UTF-8',
    ]);
    assert.equal(load('\ufeffhostname: a.test').hostname, 'a.test');
  });

  it('is bounded', () => {
    const { fileOctetsMax } = limits.config;
    assert.deepEqual(problems('#'.repeat(fileOctetsMax + 1)), [
      `chancery.yaml: over ${fileOctetsMax} octets; this is no configuration file`,
    ]);
  });

  it('cannot reach the prototype of anything', () => {
    assert.match(problems('__proto__: { hostname: a.test }')[0] ?? '', /__proto__: unknown key/);
    assert.match(problems('constructor: 1')[0] ?? '', /constructor: unknown key/);
  });
});
