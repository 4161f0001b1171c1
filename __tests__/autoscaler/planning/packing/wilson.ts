/** The interval that holds the share behind `count` of `of` draws in 95 of a hundred samples (Wilson's score interval). */
export function wilson(count: number, of: number): [least: number, most: number] {
  const z = 1.96;
  const share = count / of;
  const middle = share + z ** 2 / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return [Math.max(0, (middle - half) / scale), (middle + half) / scale];
}
