import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import GithubSlugger from 'github-slugger';
import MarkdownIt from 'markdown-it';

export const ROOT = path.resolve(__dirname, '../..');

/** README.md and docs/*.md, by their paths from the root. */
export const PAGES = [
  'README.md',
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

type Token = ReturnType<MarkdownIt['parse']>[number];

/** What a page links to, can be linked to by, and tells its readers to type. */
export interface Page {
  links: string[];
  anchors: Set<string>;
  /** Blocks of commands, as they stand there. */
  blocks: string[];
  /** Everything in `code`, in a line. */
  codes: Code[];
}

export interface Code {
  text: string;
  /** The heading of the table in which it stands; empty where it stands in a sentence. */
  tableHead: string;
}

export function pageOf(file: string): Page {
  const tokens = new MarkdownIt({ html: true }).parse(readFileSync(path.join(ROOT, file), 'utf8'), {});
  const inline = tokens.flatMap(({ children }) => children ?? []);
  const slugger = new GithubSlugger();
  const headings = tokens.flatMap((token, i) => (token.type === 'heading_open' ? [textOf(tokens[i + 1])] : []));
  return {
    links: inline.flatMap(({ type, attrGet }, i) => {
      const name = { link_open: 'href', image: 'src' }[type];
      return name === undefined ? [] : [attrGet.call(inline[i], name) ?? ''];
    }),
    anchors: new Set(headings.map((heading) => slugger.slug(heading))),
    blocks: tokens.flatMap(({ type, info, content }) => (type === 'fence' && info === 'sh' ? [content] : [])),
    codes: codesOf(tokens),
  };
}

function codesOf(tokens: Token[]): Code[] {
  let tableHead = '';
  let isHead = false;
  return tokens.flatMap(({ type, children, content }) => {
    if (type === 'table_close') tableHead = '';
    if (type === 'thead_open' || type === 'thead_close') isHead = type === 'thead_open';
    if (isHead) tableHead += content;
    const codes = (children ?? []).filter((child) => child.type === 'code_inline');
    return codes.map((code) => ({ text: code.content, tableHead }));
  });
}

const textOf = (token: Token | undefined): string => (token?.children ?? []).map(({ content }) => content).join('');

/** The lines of a block that somebody types, without what stands behind them for the reader. */
export const linesOf = (block: string): string[] =>
  block
    .split('\n')
    .map((line) => line.replace(/(^|\s+)#( .*)?$/, ''))
    .filter((line) => line.trim() !== '');
