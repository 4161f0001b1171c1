import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CHECKS } from '../../../src/operate/doctor/doctor';

it('docs/doctor.md says of each check when it speaks, in the order in which they are told, and of no other', () => {
  const page = readFileSync(path.resolve(__dirname, '../../../docs/doctor.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|(?:[^|]+\|){3}$/gm)].map(([, name]) => name);
  expect(rows).toEqual(CHECKS.map(({ name }) => name));
});
