import { readFileSync } from 'node:fs';
import path from 'node:path';
import { mutate } from '../../src/proof/mutate';
import { MUTATIONS, type Mutation } from '../../src/proof/mutations';
import { bundleProof, runTasks } from '../../src/proof/workers';

jest.setTimeout(120_000);

const ROOT = path.resolve(__dirname, '../..');
const named = (name: string): Mutation => MUTATIONS.find((each) => each.name === name) as Mutation;

describe('every mutation', () => {
  it.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))(
    '%s: is of code that is there',
    (_, { file, find }) => {
      expect(readFileSync(path.join(ROOT, file), 'utf8').split(find)).toHaveLength(2);
    },
  );

  it('has a name of its own', () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(15);
  });
});

describe('a mutant', () => {
  it('is caught, and told with what replays it', async () => {
    // GIVEN the write that frees the lease, without its look at the mark
    const bundle = await bundleProof('mutant-of-a-test', [
      mutate(named('the lease is freed without a look at the mark')),
    ]);
    // WHEN twenty schedules are played
    const found: unknown[] = [];
    await runTasks({
      bundle,
      tasks: [{ part: 'interleavings', from: 1, to: 21 }],
      processes: 1,
      onResult: ({ findings }) => {
        found.push(...findings);
        return undefined;
      },
    });
    // THEN
    expect(found).toContainEqual(
      expect.objectContaining({
        invariant: 'lostWakeUps',
        replay: expect.stringMatching(/^--part interleavings --seed \d+$/),
      }),
    );
  });

  it('of a line that is not there is an error that says what to do', async () => {
    const gone = { ...named('no adoption by tag'), find: 'no such line' };
    await expect(bundleProof('mutant-of-a-test', [mutate(gone)])).rejects.toThrow(
      /is there 0 times in .*mutations\.ts/,
    );
  });
});
