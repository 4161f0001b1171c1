import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CHECKS } from '../../../src/operate/doctor/doctor';
import { AFTER, BEFORE, DECISIONS, LEFT } from './cases';

/** docs/doctor.md against the checks, and against the cases that provoke them (findings.test.ts). */

const page = readFileSync(path.resolve(__dirname, '../../../docs/doctor.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([a-z-]+)` \|[^|]+\|([^|]+)\|[^|]+\|$/gm)].map(([, check = '', speaks = '']) => ({
  check,
  speaks: speaks.trim(),
}));

it('it says of each check when it speaks, in the order in which they are told, and of no other', () => {
  expect(rows.map(({ check }) => check)).toEqual(CHECKS.map(({ name }) => name));
});

describe('a case provokes each level that it promises, and none that it does not', () => {
  const cases = [...BEFORE, ...AFTER, ...LEFT];
  it.each(rows)('$check', ({ check, speaks }) => {
    const promised = [...speaks.matchAll(/\b(problem|warning|unknown)(?=:|$)/g)].map(([, level]) => level);
    const provoked = cases.filter(([, of]) => of === check).map(([, , level]) => level);
    expect(promised.length).toBeGreaterThan(0);
    expect([...new Set(provoked)].sort()).toEqual([...new Set(promised)].sort());
  });
});

it('it names each decision that a case provokes', () => {
  const speaks = rows.find(({ check }) => check === 'last-tick')?.speaks ?? '';
  expect([...speaks.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code)).toEqual(DECISIONS.map(({ code }) => code));
});
