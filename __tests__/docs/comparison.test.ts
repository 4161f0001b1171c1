import { readFileSync } from 'node:fs';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { ROOT } from './pages';

/** Rows of the table under a heading, each cell as it would be shown. */
function tableUnder(heading: string): string[][] {
  const html = new MarkdownIt({ html: true }).render(readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
  const section = html.slice(html.indexOf(`<h2>${heading}</h2>`)).split('<h2>')[1] ?? '';
  const rows = section.match(/<tr>[\s\S]*?<\/tr>/g) ?? [];
  return rows.map((row) => [...row.matchAll(/<t[dh][^>]*>([\s\S]*?)<\/t[dh]>/g)].map(([, cell = '']) => cell));
}

it('what the comparison says of others has its source, or the command that measures it', () => {
  const [, ...rows] = tableUnder('Beside the others');
  expect(rows.length).toBeGreaterThan(10);
  const cells = rows.flatMap(([what, ...of]) => of.slice(0, -1).map((cell) => ({ what, cell })));
  const lacking = cells.filter(({ cell }) => !/<a href="https:|npm run/.test(cell) && cell !== 'not measured here');
  expect(lacking).toEqual([]);
});
