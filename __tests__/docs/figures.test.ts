import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programFor } from '../../src/cli/program';
import { unshown } from './figures';
import { PAGES, ROOT } from './pages';

const textOf = (page: string): string => readFileSync(path.join(ROOT, page), 'utf8');

/** Fields of the configuration with the groups that lead to them, and variables, as their reference lists them; flags. */
const SETTINGS: ReadonlySet<string> = new Set([
  ...[...textOf('docs/configuration.md').matchAll(/^\| `([^`]+)` \|/gm)].flatMap(([, name = '']) =>
    name.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.')),
  ),
  ...programFor(() => {}).commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])),
]);

it.each(PAGES)('%s names beside each figure what shows it, or what is set to it', (page) => {
  expect(unshown(textOf(page), SETTINGS)).toEqual([]);
});

describe('a figure', () => {
  const found = (page: string): string[] => unshown(page, new Set(['policy.minAge', '--step']));

  it.each([
    '18 ms',
    '18ms',
    '0.4 s',
    '30 870 s',
    '15–60 s',
    '20 seconds',
    '10 min',
    '5 minutes',
    '7 days',
    '29 %',
    '45%',
    '36.8×',
    '512 MB',
    '350 kB',
    '24 GiB',
    '$73',
    '$0.0213',
    'a p95 of 187',
  ])('is %s, and found where nothing shows it', (figure) => {
    expect(found(`It is ${figure}, so far.`)).toEqual([`It is ${figure}, so far.`]);
  });

  it.each(['K3s', 'k8s', '6 × t3.medium', '7 nodes', 'port 6443', '10.0.0.1', '2026-01-05', 'three minutes', '`90s`'])(
    'is not %s',
    (text) => {
      expect(found(`It is ${text}, so far.`)).toEqual([]);
    },
  );

  it.each([
    ['a command', '(`npm run bench -- --reload`)'],
    ['a command with its environment', '(`E2E_SEED=7 npx jest x`)'],
    ['an address', '([AWS](https://aws.amazon.com/))'],
    ['a test', '(`__tests__/docs/figures.test.ts`)'],
    ['a file of the sources', '([`prices.ts`](../src/cost/prices.ts))'],
    ['a file as it is called within the sources', '(`cost/prices.ts`)'],
    ['a setting', '(`policy.minAge`)'],
    ['a flag', '(`--step`)'],
  ])('is shown by %s', (_what, source) => {
    expect(found(`It takes 18 ms ${source}.`)).toEqual([]);
  });

  it.each([
    ['a page', '([cost](cost.md))'],
    ['a page of the sources', '([README](../bench/karpenter/README.md))'],
    ['a file that is not there', '(`src/cost/price.ts`)'],
    ['a word', '(`bench`)'],
    ['a command in the paragraph before', '\n\nBy `npm run bench`.'],
  ])('is not shown by %s', (_what, source) => {
    expect(found(`It takes 18 ms ${source}`)).toHaveLength(1);
  });

  const table = '| a | b |\n|---|---|\n| x | 18 ms |\n| y | 7 nodes |\n';

  it('of a table is shown by its row, by the head, and by the paragraph right before or after, but by no other row', () => {
    expect(found(table)).toEqual(['x | 18 ms |']);
    expect(found(table.replace('x', '`npm run bench`'))).toEqual([]);
    expect(found(table.replace('b', '`npm run bench`'))).toEqual([]);
    expect(found(`By \`npm run bench\`:\n\n${table}`)).toEqual([]);
    expect(found(`${table}\nBy \`npm run bench\`.`)).toEqual([]);
    expect(found(table.replace('y', '`npm run bench`'))).toEqual(['x | 18 ms |']);
    expect(found(`By \`npm run bench\`:\n\nMore.\n\n${table}`)).toEqual(['x | 18 ms |']);
    expect(found(`## \`npm run bench\`\n\n${table}`)).toEqual([]);
  });

  it('of what a program prints is shown by the line that is typed for it, and by its caption', () => {
    expect(found('```\nafter 18 ms\n```\n')).toEqual(['after 18 ms']);
    expect(found('```\n$ dev\nafter 18 ms\n```\n')).toEqual([]);
    expect(found('`npm run dev` says:\n\n```\nafter 18 ms\n```\n')).toEqual([]);
    expect(found('```sh\nsleep 18s\n```\n')).toEqual([]);
  });

  it('of an item of a list is shown in the item', () => {
    expect(found('* By `npm run bench`.\n* It takes 18 ms.\n')).toEqual(['It takes 18 ms.']);
    expect(found('* It takes 18 ms by `npm run bench`.\n* No.\n')).toEqual([]);
  });
});
