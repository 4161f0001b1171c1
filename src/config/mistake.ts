/** How a user's mistake is printed, whatever file it stands in: where, value, rule and fix. */

export interface Mistake {
  value: unknown;
  /** What holds there. */
  rule: string;
  /** What to write instead. */
  fix: string;
}

const MAX_VALUE_LENGTH = 120;

function printed(value: unknown, absent: string): string {
  if (value === undefined) return absent;
  const text = typeof value === 'function' ? '(a function)' : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}…` : text;
}

/** One block of lines; `absent` stands for a value that is missing. */
export const mistakeBlock = (where: string, path: string, { value, rule, fix }: Mistake, absent: string): string =>
  [`${where}: ${path}`, `    value: ${printed(value, absent)}`, `    rule:  ${rule}`, `    fix:   ${fix}`].join('\n');
