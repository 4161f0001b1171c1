import { SCENARIOS } from '../../src/proof/scenarios';
import { findings } from './findings';

/** A few seconds of it, for the mistakes that show at once; more in sample.long.test.ts, all in `npm run prove`. */

describe('a small sample of the proof violates nothing', () => {
  it('[15] crash matrix: a case of each story', async () => {
    const tasks = SCENARIOS.map(
      ({ name: scenario }) => ({ part: 'crash', seed: 1, scenario, from: 7, step: 997 }) as const,
    );
    expect(await findings(tasks)).toEqual([]);
  });

  it('[1] [2] [100] interleavings: 6 schedules', async () => {
    expect(await findings([{ part: 'interleavings', from: 200_001, to: 200_007 }])).toEqual([]);
  });

  it('a laptop attached, mostly hostile: 3 schedules', async () => {
    expect(await findings([{ part: 'live', from: 200_001, to: 200_004 }])).toEqual([]);
  });
});
