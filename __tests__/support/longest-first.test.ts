import { existsSync } from 'node:fs';
import path from 'node:path';

const { LONGEST }: { LONGEST: string[] } = require('./longest-first.cjs');

it.each(LONGEST)('begins with %s, which is there', (file) => {
  expect(existsSync(path.resolve(__dirname, '../..', file))).toBe(true);
});
