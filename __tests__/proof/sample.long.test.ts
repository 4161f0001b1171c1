import { SCENARIOS } from '../../src/proof/scenarios';
import { findings } from './findings';

/** A seeded sample of what `npm run prove` plays at full size. */
jest.setTimeout(120_000);

describe('a sample of the proof violates nothing', () => {
  it.each(SCENARIOS.map(({ name }, index) => [name, index]))('[15] crash matrix: %s', async (scenario, index) => {
    expect(await findings([{ part: 'crash', seed: 1, scenario, from: index, step: 59 }])).toEqual([]);
  });

  it('[1] [2] [100] interleavings: 48 schedules', async () => {
    expect(await findings([{ part: 'interleavings', from: 100_001, to: 100_049 }])).toEqual([]);
  });

  it('[102] [106] [107] [108] faults, alone and in pairs', async () => {
    expect(await findings([{ part: 'faults', seed: 1, from: 5, step: 53 }])).toEqual([]);
  });

  it('a laptop attached, mostly hostile: 16 schedules, and attacks on the mailbox', async () => {
    const story = { part: 'live', scenario: 'launch', seed: 1, from: 3, step: 40 } as const;
    expect(await findings([{ part: 'live', from: 100_001, to: 100_017 }, story])).toEqual([]);
  });

  it('soak: a day', async () => {
    expect(await findings([{ part: 'soak', seed: 1, days: 1 }])).toEqual([]);
  });
});
