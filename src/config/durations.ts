/** Durations as people write them: `90s`, `15m`, `1h30m`, `7d`, `0m`. Whole numbers, largest unit first, each once. */

const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;
const UNIT_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const;

export const DURATION_RULE = "a duration in days, hours, minutes and seconds, like '90s', '2m' or '1h30m'";

/** Milliseconds; undefined where the text is not a duration (no unit, an unknown one, a fraction, a sign). */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return UNIT_MS.reduce((sum, ms, index) => sum + Number(match[index + 1] ?? 0) * ms, 0);
}

/** Milliseconds of a duration that was checked before; a RangeError names the text where it was not. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`'${text}' is not ${DURATION_RULE}`);
  return ms;
}
