import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Proof } from '../../src/proof/prove';
import { withTables } from '../../src/proof/safety-page';

const proof: Proof = {
  parts: { interleavings: { tried: { schedules: 10_000, invocations: 270_000 }, failed: { schedules: 1 } } },
  findings: [{ invariant: 'orphans', detail: 'i-1', part: 'interleavings', replay: '--part interleavings --seed 7' }],
  mutants: [{ name: 'a line', part: 'crash', why: 'something', caughtBy: [] }],
  seconds: 1,
};

describe('the tables of docs/safety.md', () => {
  const page = readFileSync(path.resolve(__dirname, '../../docs/safety.md'), 'utf8');

  it('go between their lines, and what people wrote stays', () => {
    const written = withTables(page, proof);
    expect(written.split('<!--')[0]).toBe(page.split('<!--')[0]);
    expect(written).toContain('| 10 000 | 270 000 |');
    expect(written).toMatch(/\| `orphans` \|.*\| 1 \|/);
    expect(written).toMatch(/\| a line \| something \| crash \| \*\*missed\*\* \|/);
    expect(withTables(written, proof)).toBe(written);
  });

  it('are not put where nobody made a place for them', () => {
    expect(() => withTables('# Safety\n', proof)).toThrow(/put them back/);
  });
});
