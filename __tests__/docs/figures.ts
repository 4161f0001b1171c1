import { existsSync } from 'node:fs';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { ROOT } from './pages';

/** A number with a unit, and a percentile: what was measured, what something costs, and what something is set to. */
const FIGURE =
  /\$\d|(?<![\w.-])\d[\d.,]*(?:×(?!\w)|[ \u00a0]?%|[ \u00a0]?(?:ms|s|min|h|[kKMGT]i?B|milliseconds?|seconds?|minutes?|hours?|days?|bytes)(?!\w))|\bp(?:50|9\d)\b/;

/** A command, a line of a transcript in which one is typed, or where it was read. */
const COMMAND = /(?:^|[ (])(?:npm (?:run|test)\b|npx )|^\$ |^https:/;

type Token = ReturnType<MarkdownIt['parse']>[number];

/** What is read at once: a paragraph, also of a list; a row of a table; a block. */
interface Passage {
  kind: 'paragraph' | 'row' | 'block';
  level: number;
  /** Without what stands in `code`, which is typed and not told. */
  told: string;
  /** What stands in `code`, and where links lead. */
  sources: string[];
}

/**
 * Passages of a page with a figure and nothing that shows it. A command, a test, an address or a file of the sources
 * shows it, or the name of what is set to it: in the passage itself, or for a row in the head of its table, and for a table
 * and a block in the paragraph right before or after.
 *
 * @param page Markdown
 * @param settings names of fields, flags and variables
 */
export function unshown(page: string, settings: ReadonlySet<string>): string[] {
  const isShown = ({ sources }: Passage): boolean => sources.some((source) => isSource(source, settings));
  return partsOf(page).flatMap((part, index, parts) => {
    const captions = [parts[index - 1], parts[index + 1]].flatMap((other) =>
      part[0]?.kind !== 'paragraph' && other?.[0]?.kind === 'paragraph' && other[0].level === part[0]?.level
        ? other
        : [],
    );
    const around = [...part.slice(0, 1), ...captions];
    return part
      .filter((each) => FIGURE.test(each.told) && ![each, ...around].some(isShown))
      .map(({ told }) => told.trim());
  });
}

/** A paragraph or a block alone; the rows of a table together, its head first. */
function partsOf(page: string): Passage[][] {
  const parts: Passage[][] = [];
  let table: Passage[] | undefined;
  for (const token of new MarkdownIt({ html: true }).parse(page, {})) {
    const { type, level, content } = token;
    if (type === 'table_open') {
      table = [];
      parts.push(table);
    }
    if (type === 'table_close') table = undefined;
    else if (type === 'tr_open') table?.push({ kind: 'row', level: level - 2, told: '', sources: [] });
    // With a language it is typed; without one it is what a program says.
    else if (type === 'fence')
      parts.push([{ kind: 'block', level, told: token.info === '' ? content : '', sources: content.split('\n') }]);
    else if (type === 'inline') {
      const row = table?.at(-1);
      const passage = row ?? { kind: 'paragraph' as const, level: level - 1, told: '', sources: [] };
      for (const child of token.children ?? []) note(child, passage);
      if (!row) parts.push([passage]);
      else row.told += ' | ';
    }
  }
  return parts;
}

function note(token: Token, passage: Passage): void {
  if (token.type === 'code_inline') passage.sources.push(token.content);
  else if (token.type === 'link_open') passage.sources.push(token.attrGet('href') ?? '');
  else passage.told += token.type === 'softbreak' ? ' ' : token.content;
}

function isSource(text: string, settings: ReadonlySet<string>): boolean {
  if (COMMAND.test(text) || settings.has(text)) return true;
  const [file = ''] = text.replace(/^(?:\.\.\/)+/, '').split(/[#:]/);
  if (!/^[^ ]+\/[^ ]+$/.test(file) || /\.md$/.test(file)) return false;
  return ['', 'src'].some((folder) => existsSync(path.join(ROOT, folder, file)));
}
