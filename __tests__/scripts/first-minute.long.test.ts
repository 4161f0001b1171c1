import { readFileSync } from 'node:fs';
import { README, written } from '../../scripts/first-minute';

/** The first commands of a newcomer, run as they stand in the README. */
jest.setTimeout(180_000);

it('what the README shows of its first commands is what they print: `npm run first-minute` writes the same', async () => {
  const readme = readFileSync(README, 'utf8');
  expect(await written(readme)).toBe(readme);
});
