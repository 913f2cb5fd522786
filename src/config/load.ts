/**
 * Loads the configuration: the file that `--config` (or CHANCERY_CONFIG) names, else `chancery.yaml` in the
 * working directory, else all defaults. Flags win over the environment, the environment over the file.
 * Everything wrong is reported at once, as one `ConfigError`.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { limits } from '../limits.ts';
import { checkTogether } from './checks.ts';
import type { Config } from './config.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { type ConfigDocument, parseConfigDocument } from './document.ts';
import { host as hostSchema } from './fields.ts';
import { type Finding, findingsOf, keyText } from './problems.ts';
import { resolveConfig, resolveListeners } from './resolve.ts';
import { configSchema } from './schema.ts';

export interface ConfigFlags {
  /** `--config`: must exist. Relative paths start at the working directory. */
  readonly configPath?: string | undefined;
  /** `--data` */
  readonly dataDir?: string | undefined;
  /** `--host`: where all listeners listen. */
  readonly host?: string | undefined;
  /** `--port-offset`: added to every port. */
  readonly portOffset?: number | undefined;
  /** The working directory, for tests. */
  readonly workingDirectory?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultName = 'chancery.yaml';

/** An environment variable that is set but empty counts as not set. */
const fromEnvironment = (env: Environment, name: string): string | undefined => env[name] || undefined;

/** The absolute path of the file to read, or `undefined` when there is none and none was asked for. */
const configFile = (asked: string | undefined, folder: string): string | undefined => {
  if (asked !== undefined) return resolve(folder, asked);
  if (existsSync(join(folder, defaultName))) return join(folder, defaultName);
  const other = ['chancery.yml', 'chancery.json'].find((name) => existsSync(join(folder, name)));
  if (other !== undefined) {
    throw new ConfigError([
      { file: other, message: `Chancery reads ${defaultName}; rename the file, or name it with --config` },
    ]);
  }
  return undefined;
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'this is a folder, not a file',
};

const readText = (file: string, shown: string): string => {
  const fail = (message: string): ConfigError => new ConfigError([{ file: shown, message }]);
  try {
    const { fileOctetsMax } = limits.config;
    if (statSync(file).size > fileOctetsMax) {
      throw fail(`over ${fileOctetsMax} octets; this is no configuration file`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw fail('expected text in UTF-8');
    throw fail(reasons[code ?? ''] ?? message);
  }
};

const problemOf = (finding: Finding, document: ConfigDocument | undefined, shown: string): ConfigProblem => {
  const place =
    finding.at === 'key' ? document?.placeOfKey(finding.path) : document?.placeOfValue(finding.path);
  return {
    ...(document && place ? { file: shown, line: place.line, column: place.column } : {}),
    key: keyText(finding.path),
    message: finding.message,
  };
};

const checkFlags = ({ host, portOffset }: ConfigFlags): void => {
  const problems: ConfigProblem[] = [];
  const hostIssue = host === undefined ? undefined : hostSchema().safeParse(host).error?.issues[0];
  if (hostIssue) problems.push({ key: '--host', message: hostIssue.message });
  if (portOffset !== undefined && !(Number.isInteger(portOffset) && portOffset >= 0 && portOffset <= 65534)) {
    problems.push({ key: '--port-offset', message: 'expected a whole number from 0 to 65534' });
  }
  if (problems.length > 0) throw new ConfigError(problems);
};

export const loadConfig = (flags: ConfigFlags, env: Environment): Config => {
  checkFlags(flags);
  const workingDirectory = flags.workingDirectory ?? process.cwd();
  const file = configFile(flags.configPath ?? fromEnvironment(env, 'CHANCERY_CONFIG'), workingDirectory);
  const short = file === undefined ? '' : relative(workingDirectory, file);
  const shown = file === undefined || (!short.startsWith('..') && !isAbsolute(short)) ? short : file;
  const document = file === undefined ? undefined : parseConfigDocument(readText(file, shown), shown);
  const values = document?.value ?? {};

  const parsed = configSchema.safeParse(values);
  if (!parsed.success) {
    throw new ConfigError(
      findingsOf(parsed.error.issues, values).map((finding) => problemOf(finding, document, shown)),
    );
  }
  const listeners = resolveListeners(parsed.data, flags);
  const findings = checkTogether(parsed.data, listeners);
  if (findings.length > 0) {
    throw new ConfigError(findings.map((finding) => problemOf(finding, document, shown)));
  }
  const dataDir = flags.dataDir ?? fromEnvironment(env, 'CHANCERY_DATA');
  return resolveConfig(parsed.data, listeners, {
    file,
    folder: file === undefined ? workingDirectory : dirname(file),
    dataDirectory: dataDir === undefined ? undefined : resolve(workingDirectory, dataDir),
    demoPassword: fromEnvironment(env, 'CHANCERY_DEMO_PASSWORD'),
  });
};
