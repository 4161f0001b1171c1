import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './pages';

const rows = readFileSync(path.join(ROOT, 'docs/unverified.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!Belief )/.test(line))
  // A bar in a command is escaped.
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .map(([, belief = '', where = '', source = '', confirm = '', ...more]) => ({ belief, where, source, confirm, more }));

it('every belief says where it stands, by which source, and the command that would confirm it', () => {
  expect(rows.length).toBeGreaterThan(50);
  const lacking = rows.filter(
    ({ where, source, confirm, more }) =>
      where === '' || source === '' || !/`[^`]+ [^`]+`/.test(confirm) || more.length !== 1,
  );
  expect(lacking.map(({ belief, confirm }) => [belief, confirm])).toEqual([]);
});
