import type { FieldKey, Violation } from './errors';

/** What a check between fields found wrong. */
export type Found = Violation[];

export const violation = (keys: FieldKey[], value: unknown, rule: string, fix: string): Violation => ({
  keys,
  value,
  rule,
  fix,
});

/** Each value that stands in the list before already. */
export const twice = (keys: FieldKey[], values: readonly string[], what: string): Found =>
  values.flatMap((value, index) =>
    values.indexOf(value) < index
      ? [violation([...keys, index], value, `names a ${what} a second time`, `name each ${what} once`)]
      : [],
  );

/** Each name that an entry of the list before has already. */
export const named = (keys: FieldKey[], entries: readonly { name: string }[], what: string): Found =>
  entries.flatMap(({ name }, index) =>
    entries.findIndex((other) => other.name === name) < index
      ? [violation([...keys, index, 'name'], name, `is the name of a ${what} before`, `name each ${what} differently`)]
      : [],
  );
