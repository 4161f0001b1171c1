import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programFor } from '../../src/cli/program';
import { linesOf, PAGES, pageOf, ROOT } from './pages';

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const { commands } = programFor(() => {});
/** These read their own words. */
const OWN_WORDS = new Set([
  'build',
  'docs',
  'first-minute',
  'lint',
  'format',
  'test',
  'test:long',
  'test:e2e',
  'test:tools',
]);

/** `npm run name -- --flag …`, also as `npm test`. */
const typed = (text: string) =>
  [...text.matchAll(/npm (?:run (?:-s )?)?([a-z][\w:-]*)(?: +-- ([^|>`]*))?/g)].filter(
    ([all, name]) => all.startsWith('npm run') || name === 'test',
  );

/** What is wrong with it, as a reader would find out. */
function mistakesIn([all, name = '', rest = '']: RegExpMatchArray): string[] {
  if (!(name in scripts)) return [`${all}: package.json has no script ${name}`];
  if (OWN_WORDS.has(name)) return [];
  const command = commands.find((each) => each.name() === name);
  if (!command) return [`${all}: there is no command ${name}`];
  const known = new Set(command.options.flatMap(({ long, short }) => [long, short]));
  return [...rest.matchAll(/(?:^|\s)(--[a-z][\w-]*)/g)].flatMap(([, flag]) =>
    known.has(flag) ? [] : [`${all}: ${name} has no ${flag}`],
  );
}

it.each(PAGES)('%s names commands and flags that there are', (file) => {
  const { blocks, codes } = pageOf(file);
  const texts = [...blocks.flatMap(linesOf), ...codes.map(({ text }) => text)];
  expect(texts.flatMap(typed).flatMap(mistakesIn)).toEqual([]);
});

it('a command or a flag that is none is found', () => {
  const found = (text: string) => typed(text).flatMap(mistakesIn);
  expect(found('npm run simulat -- a.yaml')).toHaveLength(1);
  expect(found('npm run simulate -- a.yaml --htm b')).toEqual([expect.stringContaining('simulate has no --htm')]);
  expect(found('npm run -s explain -- --stage X --pod a/b | head')).toEqual([]);
});
