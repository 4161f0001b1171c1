import { mutate } from '../../src/proof/mutate';
import { MUTATIONS, type Mutation } from '../../src/proof/mutations';
import type { Finding, Task } from '../../src/proof/tasks';
import { sieveOf } from '../../src/proof/try-mutant';
import { bundleProof } from '../../src/proof/workers';

jest.setTimeout(120_000);

const TASK: Task = { part: 'interleavings', from: 1, to: 21 };
const found = (seed: number, invariant: Finding['invariant']): Finding => ({
  invariant,
  detail: 'as the mutant tells it',
  part: 'interleavings',
  replay: `--part interleavings --seed ${seed}`,
});

describe('what counts as a catch', () => {
  it('is what code without a fault of its own does not show', async () => {
    const sieve = sieveOf(await bundleProof('unmutated-of-a-test'));
    expect(await sieve([found(3, 'lostWakeUps')], TASK)).toEqual([found(3, 'lostWakeUps')]);
  });

  it('is not what the unmutated code shows in the same case, but what it shows in another, or otherwise', async () => {
    // GIVEN code that loses wake-ups in some of twenty schedules before anything is mutated
    const faulty = MUTATIONS.find(({ name }) => name === 'the lease is freed without a look at the mark') as Mutation;
    const sieve = sieveOf(await bundleProof('unmutated-of-a-test', [mutate(faulty)]));
    // WHEN a mutant loses one in each, and has an orphan in each
    const seeds = Array.from({ length: 20 }, (_, i) => 1 + i);
    const lost = seeds.map((seed) => found(seed, 'lostWakeUps'));
    const orphans = seeds.map((seed) => found(seed, 'orphans'));
    const caught = await sieve([...lost, ...orphans], TASK);
    // THEN only the schedules that lose none of themselves tell of lost ones; the orphans are all news
    const left = caught.filter(({ invariant }) => invariant === 'lostWakeUps').length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(20);
    expect(caught.filter(({ invariant }) => invariant === 'orphans')).toEqual(orphans);
  });
});
