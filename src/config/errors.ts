/** What is wrong with a configuration, said so that it can be put right without reading code. */

import { type Mistake, mistakeBlock } from './mistake';

export type FieldKey = string | number;

/** One thing that is wrong with one field. */
export interface Violation extends Mistake {
  /** Where it is, from the top of the configuration; empty: the configuration as a whole. */
  keys: readonly FieldKey[];
  /** 1-based, where the file is known and names the field. */
  line?: number;
}

/** `pools.burst.instanceTypes[0]`. */
export function fieldPath(keys: readonly FieldKey[]): string {
  const path = keys.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
  return path === '' ? '(the whole configuration)' : path;
}

function block(source: string, violation: Violation): string {
  const where = violation.line === undefined ? source : `${source}:${violation.line}`;
  return mistakeBlock(where, fieldPath(violation.keys), violation, '(not set)');
}

/**
 * Everything that is wrong with one configuration, one block for each violation. Its stack is its message: the mistake
 * is in a file of the user's, and lines of this program would only hide it.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** What a command ends with: bad usage. */
  readonly exitCode = 2;

  constructor(
    /** The file or the place the configuration came from. */
    readonly source: string,
    readonly violations: readonly Violation[],
  ) {
    super(violations.map((violation) => block(source, violation)).join('\n'));
    this.stack = this.message;
  }

  /** The same error with the line of each field, as far as `lineOf` knows it. */
  withLines(lineOf: (keys: readonly FieldKey[]) => number | undefined): ConfigError {
    const located = this.violations.map((violation) => {
      const line = lineOf(violation.keys);
      return line === undefined ? violation : { ...violation, line };
    });
    return new ConfigError(this.source, located);
  }
}
