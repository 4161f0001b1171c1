import { oneLine } from '../autoscaler/one-line';

/** Text for terminals. */

export interface Paint {
  dim(text: string): string;
  bold(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

const CODES = { dim: [2, 22], bold: [1, 22], green: [32, 39], yellow: [33, 39], red: [31, 39] } as const;

export function painter(color: boolean): Paint {
  const one =
    ([on, off]: readonly [number, number]) =>
    (text: string) =>
      color && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  const { dim, bold, green, yellow, red } = CODES;
  return { dim: one(dim), bold: one(bold), green: one(green), yellow: one(yellow), red: one(red) };
}

/** A line of somebody else's words, which stays one line and must not steer the terminal. */
export const printable = (line: string): string => oneLine(line, '\ufffd');

/** `00:04:00`, in UTC. */
export const clockOf = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** Longer lines are hard to read. */
export const MAX_WIDTH = 120;

/** Lines of at most `width` columns, each indented; a longer word stands alone on its line. */
export function wrap(text: string, width: number, indent: number): string[] {
  const margin = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(margin + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, margin + line];
}

/** One line as several, the later ones indented by two columns more than the first. */
export function hanging(line: string, width: number): string {
  const indent = line.length - line.trimStart().length;
  if (line.length <= width) return line;
  const [first = '', ...more] = wrap(line, width, indent + 2);
  return [first.slice(2), ...more].join('\n');
}
