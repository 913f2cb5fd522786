/**
 * The schema of `chancery.yaml`: the one source of what a key means, its default and its bounds. The check
 * at start, the JSON schema for editors, the reference in `docs/configuration.md` and the example file all
 * come from here. Every object is strict: an unknown key is an error.
 */
import * as z from 'zod';
import { logLevels } from '../logger.ts';
import { count, domainName, host, hostName, kurrentDbConnection, network, path, port } from './fields.ts';
import { duration, size } from './units.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const protocols = ['smtp', 'submission', 'imap', 'pop3'] as const;
const tlsModes = ['none', 'starttls', 'implicit'] as const;

const listener = z.strictObject({
  protocol: z.enum(protocols).meta({
    description:
      'What is spoken there: `smtp` takes mail from other servers (no login), `submission` takes mail from users (login needed), `imap` and `pop3` let users read.',
    examples: ['imap'],
  }),
  port: port().meta({
    description: 'The TCP port; 0 for any free one. `--port-offset` is added to it.',
    examples: [2143],
  }),
  host: host()
    .default('127.0.0.1')
    .describe('The address to listen on: `0.0.0.0` for every IPv4 address, `"::"` for every address.'),
  tls: z
    .enum(tlsModes)
    .default('starttls')
    .describe(
      '`implicit`: TLS from the first octet. `starttls`: the client may start TLS (STARTTLS, in POP3 STLS). `none`: never TLS, so that only loopback clients can log in.',
    ),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
      error: 'expected a short name of lower-case letters, digits and hyphens',
    })
    .optional()
    .meta({
      description:
        'How the listener is called in events and logs. Without it: the name of the service, such as `imaps`.',
      examples: ['imap-office'],
    }),
});

const defaultListeners: z.input<typeof listener>[] = [
  { protocol: 'smtp', port: 2525, tls: 'starttls' },
  { protocol: 'submission', port: 2587, tls: 'starttls' },
  { protocol: 'submission', port: 2465, tls: 'implicit' },
  { protocol: 'imap', port: 2143, tls: 'starttls' },
  { protocol: 'imap', port: 2993, tls: 'implicit' },
  { protocol: 'pop3', port: 2110, tls: 'starttls' },
  { protocol: 'pop3', port: 2995, tls: 'implicit' },
];

const tls = z
  .strictObject({
    certificate: path().meta({
      description: 'PEM file with the certificate of this host, followed by its chain.',
      examples: ['/etc/chancery/fullchain.pem'],
    }),
    key: path().meta({
      description: 'PEM file with the private key, without a passphrase.',
      examples: ['/etc/chancery/privkey.pem'],
    }),
  })
  .optional()
  .describe(
    'The TLS certificate. Without it, a self-signed one is made on first start and kept in the data directory.',
  );

const sqliteOnly = (what: string) =>
  z
    .strictObject({ kind: z.literal('sqlite').describe('The kind of store.') })
    .prefault({ kind: 'sqlite' })
    .describe(what);

const log = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sqlite').describe('Embedded, in the data directory.') }),
    z.strictObject({
      kind: z.literal('kurrentdb').describe('KurrentDB or EventStoreDB, one node or a cluster.'),
      url: kurrentDbConnection().meta({
        description:
          'Connection string, as the KurrentDB client reads it. Leave `gossipTimeout` out: the client reads it in two different units.',
        examples: ['kurrentdb://localhost:2113?tls=false'],
      }),
    }),
  ])
  .prefault({ kind: 'sqlite' })
  .describe('The event log, the single source of truth.');

const limits = z
  .strictObject({
    messageSize: size(64 * KiB, 2 * GiB)
      .prefault('50MiB')
      .describe(
        'The largest message taken, over SMTP and IMAP. RFC 5321 section 4.5.3.1.7 asks for at least 64KiB.',
      ),
    recipients: count(100, 100_000)
      .default(1000)
      .describe('Recipients of one message. RFC 5321 section 4.5.3.1.8 asks for at least 100.'),
    sessionsPerListener: count(1, 1_000_000)
      .default(5000)
      .describe('Connections that one listener serves at the same time; more are told to come back later.'),
    sessionsPerAddress: count(1, 1_000_000)
      .default(100)
      .describe(
        'Connections that one client address may hold on one listener. Loopback and `smtp.trustedNetworks` are not counted.',
      ),
    freeSpace: size(0, TiB)
      .prefault('256MiB')
      .describe(
        'When the disk of the data directory has less room than this, mail is refused for the time being, before its content is sent.',
      ),
    smtpIdle: duration(second, hour)
      .prefault('5m')
      .describe('How long an SMTP client may say nothing. RFC 5321 section 4.5.3.2.7 asks for at least 5m.'),
    smtpData: duration(second, day)
      .prefault('1h')
      .describe('How long the content of one message may take, from 354 to the final dot.'),
    imapIdle: duration(second, day)
      .prefault('30m')
      .describe('How long an IMAP client may say nothing. RFC 9051 section 5.4 asks for at least 30m.'),
    pop3Idle: duration(second, day)
      .prefault('10m')
      .describe('How long a POP3 client may say nothing. RFC 1939 section 3 asks for at least 10m.'),
  })
  .prefault({})
  .describe('Bounds. Going over one gives the client a clear error.');

const smtp = z
  .strictObject({
    trustedNetworks: z
      .array(network())
      .max(1000)
      .default([])
      .meta({
        description:
          'Networks whose clients are known: no early-talker pause and no bound on sessions for one address. They may still not relay. Loopback always counts.',
        examples: [['192.0.2.0/24', '2001:db8::/32']],
      }),
    bareLineEnds: z
      .array(
        z.strictObject({
          network: network().meta({ description: 'The clients meant.', examples: ['192.0.2.25'] }),
          action: z.enum(['refuse', 'normalize']).meta({
            description:
              '`refuse`: 550 5.6.0. `normalize`: turned into CRLF, which is recorded with the message.',
            examples: ['normalize'],
          }),
        }),
      )
      .max(1000)
      .default([])
      .meta({
        description:
          'What happens to a message with a bare CR or LF, by client network; the first match counts. Clients not listed are refused, because such line ends are used to smuggle messages past other servers.',
        examples: [[{ network: '192.0.2.25', action: 'normalize' }]],
      }),
    earlyTalkerPause: duration(0, minute)
      .prefault('1s')
      .describe(
        'How long the greeting of an `smtp` listener waits to see whether an unknown client talks first; `0s` for no pause.',
      ),
  })
  .prefault({})
  .describe('Taking mail.');

const authentication = z
  .strictObject({
    failuresPerSession: count(1, 100).default(3).describe('Failed logins that end a connection.'),
    failuresBeforePause: count(1, 1000)
      .default(5)
      .describe('Failed logins of one address, or for one account, before the next has to wait.'),
    pauseFirst: duration(100, hour)
      .prefault('1s')
      .describe('The first wait; it doubles with each further failure.'),
    pauseLongest: duration(second, day).prefault('15m').describe('The longest wait.'),
    forgetAfter: duration(minute, 30 * day)
      .prefault('1h')
      .describe('Failures are forgotten when there was none for this long.'),
  })
  .prefault({})
  .describe('How guessing passwords is slowed down, by client address and by account.');

const logging = z
  .strictObject({
    level: z.enum(logLevels).default('info').describe('The least important line that is written.'),
    format: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .describe('`json`: a JSON object a line. `pretty`: for people. `auto`: `pretty` on a terminal.'),
  })
  .prefault({})
  .describe('The operational log on standard error. (The record of what happened to mail is `log`.)');

export const configSchema = z
  .strictObject({
    hostname: hostName()
      .optional()
      .meta({
        description:
          'The name of this host, as other servers can look it up: in greetings, Received fields and the certificate. Without it: `mail.` before the first domain.',
        examples: ['mail.example.org'],
      }),
    domains: z
      .array(domainName())
      .min(1, { error: 'expected at least one domain' })
      .max(10_000)
      .default(['example.test'])
      .meta({
        description:
          'Domains to create on first start. Later they are managed with `chancery domain`, and the log has the say.',
        examples: [['example.org']],
      }),
    data: path()
      .default('./data')
      .describe('The data directory. A relative path starts at the folder of this file.'),
    listeners: z
      .array(listener)
      .min(1, { error: 'expected at least one listener' })
      .max(100)
      .prefault(defaultListeners)
      .describe('Where the server listens. The list replaces the default one as a whole.'),
    tls,
    log,
    keys: sqliteOnly('The store of the keys that seal personal data. `sqlite`: a file on this machine.'),
    blobs: sqliteOnly('The store of sealed message contents. `sqlite`: a file on this machine.'),
    nodes: z
      .enum(['one', 'several'])
      .optional()
      .meta({
        description:
          'How many machines run Chancery on this log. Must be said with the `kurrentdb` log: key and blob stores on one machine are safe for `one` only. With the `sqlite` log it is always `one`.',
        examples: ['one'],
      }),
    limits,
    smtp,
    authentication,
    logging,
  })
  .meta({
    title: 'Chancery configuration',
    description:
      'Configuration of the Chancery mail server, read at start from `chancery.yaml` in the working directory or from the file that `--config` names. Every key is optional.',
  });

export type ConfigInput = z.output<typeof configSchema>;
