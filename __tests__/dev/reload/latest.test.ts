import { Latest } from '../../../src/dev/reload/latest';

/** A run that ends when it is told to. */
const started: { files: string[]; since: number; end: () => void }[] = [];
const run = (files: string[], since: number) =>
  new Promise<void>((end) => {
    started.push({ files, since, end });
  });
const turn = () => new Promise(setImmediate);
afterEach(() => started.splice(0));

it('runs at once, and gathers what comes meanwhile for one run more', async () => {
  const latest = new Latest(run);
  latest.add(['a'], 1);
  expect(started).toMatchObject([{ files: ['a'], since: 1 }]);
  expect(latest.isWaiting).toBe(false);
  latest.add(['b'], 2);
  latest.add(['c', 'b'], 3);
  expect(latest.isWaiting).toBe(true);
  started[0]?.end();
  await turn();
  expect(started.slice(1)).toMatchObject([{ files: ['b', 'c'], since: 2 }]);
  started[1]?.end();
  await latest.idle();
  latest.add(['d'], 4);
  expect(started).toHaveLength(3);
});

it('has files wait until the first thing is done, also where that fails', async () => {
  const latest = new Latest(run);
  const first = latest.first(() => Promise.reject(new Error('no')));
  latest.add(['a'], 1);
  expect(started).toEqual([]);
  await expect(first).rejects.toThrow('no');
  await turn();
  expect(started).toMatchObject([{ files: ['a'] }]);
});
