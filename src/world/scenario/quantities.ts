/** Quantities as a scenario spells them, and durations as people read them. Reading durations is `src/config`'s. */

/** Kubernetes' resource.Quantity without a sign: decimal, with a decimal or binary suffix or an exponent. */
const QUANTITY = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

export const isQuantity = (text: string): boolean => QUANTITY.test(text);

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `1h30m`, `45s`: the shortest spelling; parts of a second are rounded away. */
export function spellDuration(ms: number): string {
  let rest = Math.round(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.join('') || '0s';
}
