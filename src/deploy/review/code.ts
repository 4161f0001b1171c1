/**
 * Text of a plan inside Markdown. Names and values can be anybody's: what comes from a plan stands in code, where GitHub
 * makes no link, mention or HTML of it, and nothing in it can end that code.
 */

const MOST_CHARACTERS = 160;
/** Control characters, and those that turn the direction of what follows or are not seen at all. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029\p{Cs}]/gu;

const escaped = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`;
};

/** On one line, with nothing unseen in it, and not longer than a reader follows. */
export function plain(text: string): string {
  const characters = [...text];
  const cut = characters.slice(0, MOST_CHARACTERS).join('').replace(UNSEEN, escaped);
  const more = characters.length - MOST_CHARACTERS;
  return more > 0 ? `${cut}… (${more} more characters)` : cut;
}

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([backticks]) => backticks.length));

/**
 * Within a line. A longer run of backticks around it than any inside holds it together
 * (https://spec.commonmark.org/0.31.2/#code-spans).
 */
export function inline(text: string): string {
  const content = plain(text);
  const ticks = '`'.repeat(longestRun(content) + 1);
  return content.includes('`') ? `${ticks} ${content} ${ticks}` : `${ticks}${content}${ticks}`;
}

/** Lines of their own, in a fence that is longer than any run of backticks in them. */
export function fenced(language: string, lines: readonly string[]): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${fence}${language}`, ...lines, fence];
}
