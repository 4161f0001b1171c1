import { plain } from './code';
import type { Change, Mask } from './document';

/** What changes inside a resource, one line each: `memory_size: 256 -> 512`. */

const HIDDEN = '(sensitive)';
const UNKNOWN = '(known after apply)';

interface Sides {
  before: unknown;
  after: unknown;
  unknown: Mask | undefined;
  hidden: (Mask | undefined)[];
}

type Keyed = Record<string, unknown>;

const isKeyed = (value: unknown): value is Keyed => typeof value === 'object' && value !== null;

/** @returns lines; a value that Terraform calls sensitive, before or after, is in none of them */
export function attributesOf(change: Change): string[] {
  const forcing = new Set((change.replace_paths ?? []).map((path) => pathOf(path.map(String))));
  const sides: Sides = {
    before: change.before ?? undefined,
    after: change.after ?? undefined,
    unknown: change.after_unknown,
    hidden: [change.before_sensitive, change.after_sensitive],
  };
  const isMadeAnew = change.actions.length > 1;
  return differences([], sides).flatMap(([path, words]) => {
    const forces = [...forcing].some((forced) => path === forced || path.startsWith(`${forced}.`));
    // Of what is made anew nearly all becomes unknown: its id, its address.
    if (isMadeAnew && !forces && words.endsWith(UNKNOWN)) return [];
    return [`${path}: ${words}${forces ? '  # forces the replacement' : ''}`];
  });
}

const pathOf = (keys: readonly string[]): string => plain(keys.join('.'));

function differences(keys: string[], sides: Sides): [path: string, words: string][] {
  const { before, after, unknown, hidden } = sides;
  if (hidden.includes(true)) {
    return unknown === true || !isSame(before, after) ? [[pathOf(keys), HIDDEN]] : [];
  }
  // Printed whole, it would be with what is hidden inside.
  const whole = (text: () => string) => (hidden.some(hidesSome) ? HIDDEN : text());
  if (unknown === true) {
    return isNothing(before) ? [] : [[pathOf(keys), whole(() => `${printed(before)} -> ${UNKNOWN}`)]];
  }
  const opened = { before: openedJson(before), after: openedJson(after) };
  if (!isKeyed(opened.before) && !isKeyed(opened.after)) {
    return isSame(before, after) ? [] : [[pathOf(keys), words(before, after)]];
  }
  // An object on one side and a bare value on the other.
  const isBare = (each: unknown) => !isKeyed(each) && !isNothing(each);
  if (isBare(opened.before) || isBare(opened.after)) return [[pathOf(keys), whole(() => words(before, after))]];
  const names = [opened.before, opened.after, unknown, ...hidden].flatMap((each) =>
    isKeyed(each) ? Object.keys(each) : [],
  );
  return [...new Set(names)].flatMap((name) => differences([...keys, name], below({ ...sides, ...opened }, name)));
}

const hidesSome = (mask: Mask | undefined): boolean =>
  mask === true || (isKeyed(mask) && Object.values(mask as Keyed).some((each) => hidesSome(each as Mask)));

const below = ({ before, after, unknown, hidden }: Sides, name: string): Sides => ({
  before: at(before, name),
  after: at(after, name),
  unknown: at(unknown, name) as Mask | undefined,
  hidden: hidden.map((mask) => at(mask, name) as Mask | undefined),
});

const at = (value: unknown, name: string): unknown =>
  isKeyed(value) && Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined;

/** Policies and the like are JSON in a string: what differs in it is what a reviewer looks for. */
function openedJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Terraform writes nothing in several ways. */
export const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (isKeyed(value) && Object.keys(value).length === 0);

export const isSame = (before: unknown, after: unknown): boolean =>
  (isNothing(before) && isNothing(after)) || JSON.stringify(before) === JSON.stringify(after);

function words(before: unknown, after: unknown): string {
  if (isNothing(before)) return printed(after);
  return isNothing(after) ? `${printed(before)} -> (none)` : `${printed(before)} -> ${printed(after)}`;
}

const printed = (value: unknown): string => plain(JSON.stringify(value) ?? '(none)');
