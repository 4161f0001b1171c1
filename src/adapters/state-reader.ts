import type { Plain } from './dynamodb-values';

/** The item in DynamoDB is not what this version writes. Nothing is done with a cluster whose state is not understood. */
export class StateItemError extends Error {
  constructor(path: string, value: unknown, rule: string) {
    super(
      `state item: ${path} is ${JSON.stringify(value)}, but must be ${rule}. ` +
        'Repair the item (docs/state.md), or deploy the version that wrote it.',
    );
    this.name = 'StateItemError';
  }
}

/** A value and where it stands, for errors that say so. */
export interface Entry {
  path: string;
  value: Plain | undefined;
}

export const at = (item: Record<string, Plain>, field: string): Entry => ({ path: field, value: item[field] });

export function text({ path, value }: Entry): string {
  if (typeof value !== 'string') throw new StateItemError(path, value, 'a string');
  return value;
}

export function number({ path, value }: Entry): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new StateItemError(path, value, 'a number');
  return value;
}

export function boolean({ path, value }: Entry): boolean {
  if (typeof value !== 'boolean') throw new StateItemError(path, value, 'true or false');
  return value;
}

export function oneOf<T extends string>(allowed: readonly T[], { path, value }: Entry): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new StateItemError(path, value, `one of ${allowed.join(', ')}`);
  return found;
}

export function list({ path, value }: Entry): Entry[] {
  if (!Array.isArray(value)) throw new StateItemError(path, value, 'a list');
  return value.map((each, index) => ({ path: `${path}[${index}]`, value: each }));
}

/** Every key of a map with its entry. */
export function entries({ path, value }: Entry): [string, Entry][] {
  if (typeof value !== 'object' || Array.isArray(value)) throw new StateItemError(path, value, 'a map');
  return Object.entries(value).map(([key, each]) => [key, { path: `${path}.${key}`, value: each }]);
}

/** Access to a map's fields; a field that is not there is an entry without a value. */
export function map(entry: Entry): (field: string) => Entry {
  const fields = new Map(entries(entry));
  return (field) => fields.get(field) ?? { path: `${entry.path}.${field}`, value: undefined };
}
