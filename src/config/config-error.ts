/** What is wrong with the configuration, place by place. The fault of whoever wrote it: usage, not a crash. */

export interface ConfigProblem {
  /** As shown to people; absent when a flag or the environment is at fault. */
  readonly file?: string;
  /** From 1; absent when the file as a whole is at fault. */
  readonly line?: number;
  readonly column?: number;
  /** `listeners[0].port`, a flag (`--port-offset`), or absent. */
  readonly key?: string;
  readonly message: string;
}

const text = (problem: ConfigProblem): string => {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return [place, problem.key, problem.message].filter((part) => part !== undefined && part !== '').join(': ');
};

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** In the order of the file. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const ordered = problems.toSorted(
      (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
    super(ordered.map(text).join('\n'));
    this.problems = ordered;
  }
}
