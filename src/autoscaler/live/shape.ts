import { isOneLine } from '../one-line';

/** Reads JSON that somebody else wrote, strictly: what is not named is not there, and what is there is what it must be. */

/** Why it is not what it must be; the text names path, value and rule. */
export class Misshapen extends Error {
  constructor(path: string, value: unknown, rule: string) {
    super(`${path} is ${shown(value)}, but must be ${rule}`);
    this.name = 'Misshapen';
  }
}

const MAX_SHOWN = 80;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** An object with exactly these fields, those of `optional` or not. */
export function fields<K extends string, O extends string = never>(
  value: unknown,
  path: string,
  keys: readonly K[],
  optional: readonly O[] = [],
): Record<K, unknown> & Partial<Record<O, unknown>> {
  const object = objectOf(value, path);
  const known: readonly string[] = [...keys, ...optional];
  const strange = Object.keys(object).find((key) => !known.includes(key));
  if (strange !== undefined) throw new Misshapen(`${path}.${shortened(strange)}`, object[strange], 'absent');
  const missing = keys.find((key) => !Object.hasOwn(object, key));
  if (missing !== undefined) throw new Misshapen(`${path}.${missing}`, undefined, 'there');
  return object as Record<K, unknown> & Partial<Record<O, unknown>>;
}

/** An object by names, each of which `isKnown`. The result has them as properties of its own and nothing else. */
export function byName<T>(
  value: unknown,
  path: string,
  isKnown: (name: string) => boolean,
  read: (value: unknown, path: string) => T,
): Record<string, T> {
  const entries = Object.entries(objectOf(value, path)).map(([name, each]): [string, T] => {
    const at = `${path}.${shortened(name)}`;
    if (!isKnown(name)) throw new Misshapen(at, each, 'absent: the snapshot has none of this name');
    return [name, read(each, at)];
  });
  return Object.fromEntries(entries);
}

/** @param most as many as there can be in one that is right: a longer one is not even walked through */
export function listOf<T>(value: unknown, path: string, most: number, read: (value: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new Misshapen(path, value, 'a list');
  if (value.length > most) throw new Misshapen(path, value, `a list of at most ${most}`);
  return value.map((each, index) => read(each, `${path}[${index}]`));
}

export const sentence = (value: unknown, path: string): string => textOf(value, path, MAX_SENTENCE);

/** Of a node, a pod, an operation: Kubernetes' longest are of 253 characters, and a refusal repeats them. */
export const nameOf = (value: unknown, path: string): string => textOf(value, path, MAX_NAME);

const MAX_SENTENCE = 2_000;
const MAX_NAME = 300;

/** Without what would do something to a terminal, or look like another line of a record. */
function textOf(value: unknown, path: string, most: number): string {
  if (typeof value !== 'string') throw new Misshapen(path, value, 'a string');
  if (value.length > most) throw new Misshapen(path, value, `at most ${most} characters`);
  if (!isOneLine(value)) throw new Misshapen(path, value, 'one line without control or format characters');
  return value;
}

export function oneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Misshapen(path, value, `one of ${allowed.join(', ')}`);
  return found;
}

export function numberOf(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Misshapen(path, value, 'a number');
  return value;
}

export function wholeOf(value: unknown, path: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Misshapen(path, value, 'a whole number');
  return value as number;
}

export function objectOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Misshapen(path, value, 'an object');
  return value as Record<string, unknown>;
}

const shortened = (name: string): string => (name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name);
