/** What the schema cannot say about one key alone: rules between keys. */
import type { ListenerConfig } from './config.ts';
import type { Finding } from './problems.ts';
import type { ConfigInput } from './schema.ts';

const wildcards: readonly string[] = ['0.0.0.0', '::'];

const clash = (a: ListenerConfig, b: ListenerConfig): boolean =>
  a.port !== 0 &&
  a.port === b.port &&
  (a.host === b.host || wildcards.includes(a.host) || wildcards.includes(b.host));

/** @param listeners as they will be opened, in the order of the configuration */
const checkListeners = (listeners: readonly ListenerConfig[]): Finding[] =>
  listeners.flatMap((listener, index) => {
    const findings: Finding[] = [];
    const earlier = listeners.slice(0, index);
    const sameSocket = earlier.findIndex((other) => clash(other, listener));
    if (sameSocket !== -1) {
      findings.push({
        path: ['listeners', index, 'port'],
        at: 'value',
        message: `port ${listener.port} on ${listener.host} is taken by listeners[${sameSocket}]`,
      });
    }
    const sameName = earlier.findIndex((other) => other.name === listener.name);
    if (sameName !== -1) {
      findings.push({
        path: ['listeners', index, 'name'],
        at: 'value',
        message: `the name "${listener.name}" is taken by listeners[${sameName}]`,
      });
    }
    if (listener.port > 65535) {
      findings.push({
        path: ['listeners', index, 'port'],
        at: 'value',
        message: `with the port offset this is port ${listener.port}, but ports end at 65535`,
      });
    }
    return findings;
  });

/** Key and blob stores on one machine lose mail, or fail to erase it, when several machines write. */
const checkNodes = (input: ConfigInput): Finding[] => {
  const at = 'value' as const;
  if (input.log.kind === 'sqlite') {
    return input.nodes === 'several'
      ? [
          {
            path: ['nodes'],
            at,
            message:
              'the sqlite log is for one machine; for several use `log: { kind: kurrentdb, url: ... }`',
          },
        ]
      : [];
  }
  const local = [
    ...(input.keys.kind === 'sqlite' ? ['keys'] : []),
    ...(input.blobs.kind === 'sqlite' ? ['blobs'] : []),
  ].join(' and ');
  if (local === '' || input.nodes === 'one') return [];
  return [
    input.nodes === undefined
      ? {
          path: ['log', 'kind'],
          at,
          message: `the kurrentdb log can serve several machines, but the stores of ${local} are on this machine only; say \`nodes: one\` if no other machine runs Chancery on this log`,
        }
      : {
          path: ['nodes'],
          at,
          message: `the stores of ${local} are on this machine only (kind: sqlite), so other machines could not read the mail; expected one`,
        },
  ];
};

const checkDomains = (domains: readonly string[]): Finding[] =>
  domains.flatMap((domain, index) =>
    domains.indexOf(domain) < index
      ? [{ path: ['domains', index], at: 'value' as const, message: `${domain} stands here twice` }]
      : [],
  );

const checkPauses = ({ pauseFirst, pauseLongest }: ConfigInput['authentication']): Finding[] =>
  pauseFirst > pauseLongest
    ? [
        {
          path: ['authentication', 'pauseFirst'],
          at: 'value',
          message: 'the first wait is longer than authentication.pauseLongest',
        },
      ]
    : [];

export const checkTogether = (
  input: ConfigInput,
  listeners: readonly ListenerConfig[],
): readonly Finding[] => [
  ...checkDomains(input.domains),
  ...checkListeners(listeners),
  ...checkNodes(input),
  ...checkPauses(input.authentication),
];
