/** Bytes of UTF-8: at least as many as the characters that GitHub counts, however it counts them. */
export const bytesOf = (lines: readonly string[]): number => Buffer.byteLength(lines.join('\n'));

/**
 * As many whole lines from the front as fit, and a word of how many do not.
 *
 * @param most bytes, the word included
 */
export function bounded(lines: readonly string[], most: number): string[] {
  if (bytesOf(lines) <= most) return [...lines];
  const word = (left: number) => `… and ${left} lines more`;
  let bytes = Buffer.byteLength(word(lines.length)) + 1;
  const kept: string[] = [];
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > most) break;
    kept.push(line);
  }
  return [...kept, word(lines.length - kept.length)];
}
