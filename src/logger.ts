/**
 * The operational log: what an operator watches, as JSON lines on stderr (stdout belongs to command
 * output), or as readable lines when `pretty`. The only module that imports pino.
 *
 * Secrets never leave through it: values under a name that speaks of one (`password`, `secret`, `token`,
 * ...) are replaced at any depth up to `depthMax`, deeper structures are cut off, and the password in a URL
 * (`esdb://user:...@host`) is replaced wherever it stands in a line. A secret inside free text cannot be
 * recognised: never put one into a message.
 *
 * Lines are written asynchronously and flushed at exit. When stderr takes no more, lines over
 * `limits.logger.waitingOctetsMax` are dropped: a stalled terminal must not stall the mail.
 */
import { pino } from 'pino';
import { limits } from './limits.ts';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What belongs to the line besides its message. An error goes under `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

interface LogMethod {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

export interface Logger {
  readonly fatal: LogMethod;
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
  /** A logger that adds the fields to each of its lines, e.g. `{ session: id }`. */
  child(fields: LogFields): Logger;
  isLevelEnabled(level: LogLevel): boolean;
}

export interface LoggerOptions {
  readonly level?: LogLevel;
  /** Readable lines instead of JSON. */
  readonly pretty?: boolean;
  /** Where the lines go, each with its line end; stderr when not given. */
  readonly write?: (line: string) => void;
}

const hidden = '[redacted]';
const depthMax = 6;
const secretName =
  /pass(word|wd|phrase)?$|^pwd$|secret|token$|credential|authorization|cookie|(private|master|scope|box|api)_?key$/i;
const urlPassword = /(:\/\/[^\s/:@"]*:)[^\s/@"]+@/g;

const redact = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  // An error keeps its stack and cause, which are no enumerable fields.
  const fields = value instanceof Error ? pino.stdSerializers.err(value) : value;
  if (depth >= depthMax) return '[deeper]';
  if (ArrayBuffer.isView(fields)) return `[${fields.byteLength} octets]`;
  if (fields instanceof Date) return fields;
  if (fields instanceof Map || fields instanceof Set) return `[${fields.size} entries]`;
  if (Array.isArray(fields)) return fields.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(fields).map(([name, inner]) => [
      name,
      secretName.test(name) && inner !== undefined && inner !== null ? hidden : redact(inner, depth + 1),
    ]),
  );
};

const redactFields = (fields: object): Record<string, unknown> =>
  redact(fields, 0) as Record<string, unknown>;

const fieldText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=\\]+$/.test(value) ? value : JSON.stringify(value);

/** `12:00:00.000 INFO  message name=value`, then the stack of an error, if any. Times are UTC. */
const prettyLine = (line: string): string => {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const error = err as { stack?: string; message?: string } | undefined;
  const head = [clock, String(level).toUpperCase().padEnd(5), String(msg ?? ''), ...rest].join(' ');
  const tail = error ? `\n  ${(error.stack ?? error.message ?? '').replaceAll('\n', '\n  ')}` : '';
  return `${head}${tail}\n`;
};

/** Shapes every line: level by name, time as RFC 3339, secrets replaced. */
const lineOptions = (level: LogLevel): Parameters<typeof pino>[0] => ({
  level,
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: {
    level: (label) => ({ level: label }),
    log: redactFields,
  },
  // An error was made plain, and redacted, by the formatter; pino must not do it a second time.
  serializers: { err: (value: unknown) => value },
  hooks: { streamWrite: (line) => line.replace(urlPassword, `$1${hidden}@`) },
});

/** pino formats a child's fields no more with its own formatters, so they are redacted on the way in. */
const wrap = (instance: ReturnType<typeof pino>): Logger => ({
  fatal: instance.fatal.bind(instance),
  error: instance.error.bind(instance),
  warn: instance.warn.bind(instance),
  info: instance.info.bind(instance),
  debug: instance.debug.bind(instance),
  trace: instance.trace.bind(instance),
  child: (fields) => wrap(instance.child(redactFields(fields))),
  isLevelEnabled: (level) => instance.isLevelEnabled(level),
});

export const createLogger = (options: LoggerOptions = {}): Logger => {
  const stderr = options.write
    ? undefined
    : pino.destination({ dest: 2, sync: false, maxLength: limits.logger.waitingOctetsMax });
  const write = options.write ?? ((line: string) => void stderr?.write(line));
  const destination =
    options.pretty || !stderr
      ? { write: (line: string) => write(options.pretty ? prettyLine(line) : line) }
      : stderr;
  return wrap(pino(lineOptions(options.level ?? 'info'), destination));
};

/** Says nothing: for tests and for commands that report in their own way. */
export const createSilentLogger = (): Logger => createLogger({ level: 'silent', write: () => undefined });
