import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PAGES, ROOT } from './pages';

/** What was measured, or costs: milliseconds, megabytes, percentiles, dollars and cents, shares of something saved. */
const FIGURE = /\d ms\b|\d MB\b|\bp50\b|\$\d+\.\d\d|\d % (?:less|of the bill)/;
/** What shows a figure to a reader: a command, a test, or where it was read. */
const SHOWN_BY = /npm (?:run|test)|npx jest|\.(?:e2e|test)\.ts|https:\/\//;
/** Settings, whose figures are what they are set to. */
const SETTINGS = new Set(['docs/configuration.md']);

/** Sections of a page, each with its heading; what is in a block that commands print belongs to it. */
function sectionsOf(page: string): { heading: string; text: string }[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  return text.split(/^(?=#{1,4} )/m).map((section) => ({ heading: section.split('\n')[0] ?? '', text: section }));
}

it.each(PAGES.filter((page) => !SETTINGS.has(page)))('%s names what shows its figures, in the same section', (page) => {
  const lacking = sectionsOf(page).filter(({ text }) => FIGURE.test(text) && !SHOWN_BY.test(text));
  expect(lacking.map(({ heading, text }) => [heading, FIGURE.exec(text)?.[0]])).toEqual([]);
});

it('a figure that nothing shows is found', () => {
  expect(FIGURE.test('It takes 18 ms.')).toBe(true);
  expect(SHOWN_BY.test('It takes 18 ms.')).toBe(false);
  expect(SHOWN_BY.test('It takes 18 ms (`npm run bench -- --reload`).')).toBe(true);
});
