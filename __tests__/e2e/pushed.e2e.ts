import { Random } from '../../src/world/random';
import { itOrSkip } from '../support/skips';
import type { AwsCall } from './support/cloud/front';
import { tellShare } from './support/lambda/processor-share';
import { ofCpu } from './support/manifests';
import { percentile, spread } from './support/statistics';
import { missingSystem, type System } from './support/system';
import { printTable, seconds } from './support/table';
import { until } from './support/until';
import { Look } from './system/look';
import { startedSystem } from './system/started';

const MINUTE = 60_000;
const PUSHES = Number(process.env.E2E_PUSHES ?? 20);
if (!(PUSHES >= 1)) throw new Error(`E2E_PUSHES: ${process.env.E2E_PUSHES}; it must be a number of runs, 1 or more`);
/** Told and not asserted: what a busy machine takes is no fault of the function's. */
const GOAL_MS = 20_000;
const SEED = Number(process.env.E2E_SEED ?? 20260105);

const missing = missingSystem();

describe('the whole system, pushed by alerts', () => {
  let system: System;
  let look: Look;

  beforeAll(async () => {
    if (missing !== undefined) return;
    system = await startedSystem();
    look = new Look(system);
  }, 10 * MINUTE);

  afterAll(async () => {
    await system?.stop();
  }, MINUTE);

  itOrSkip(
    missing,
    'launches for most pods that wait by the alert, before the schedule does, when Prometheus pushes at the intervals that ship',
    async () => {
      // GIVEN a Deployment of which each replica needs a node of its own, and one of it on the base worker
      await system.control.create(ofCpu('push', '1800m', 1));
      await until('the first runs', async () => (await look.running('push')) === 1, look.patience(2 * MINUTE));
      const random = new Random(SEED, 'pushes');
      const latencies: number[] = [];
      const triggers: string[] = [];
      for (let run = 1; run <= PUSHES; run++) {
        // Each begins at another moment between two scrapes: by themselves all would follow the one before.
        const start = Date.now() + random.next() * 5_000;
        await until('the run begins', () => Date.now() >= start, { withinMs: 10_000 });
        // WHEN
        const begun = Date.now();
        await look.scale('push', 1 + run);
        await until('launched', () => look.launches(begun).length > 0, { ...look.patience(MINUTE), everyMs: 20 });
        const [launch] = look.launches(begun) as [AwsCall];
        latencies.push(launch.at - begun);
        const allRun = async () => (await look.running('push')) === 1 + run;
        await until('it runs on the node that was launched for it', allRun, look.patience(MINUTE));
        triggers.push(await look.triggerOf(launch, begun));
      }
      // THEN
      const count = (trigger: string) => triggers.filter((each) => each === trigger).length;
      const { settings, reports } = await system.lambda();
      printTable(`From a pod that waits to RunInstances (seed ${SEED})`, [
        ['processor', tellShare(reports, settings.memoryMb)],
        ['all', spread(latencies)],
        [`goal: p95 of at most ${seconds(GOAL_MS)}`, percentile(latencies, 95) <= GOAL_MS ? 'kept' : 'missed'],
        ['by alert', count('alert')],
        ['by the schedule, which came first', count('schedule')],
        ['by an alert of before, sent again', count('resent')],
        ['workers', (await look.workers()).length],
      ]);
      expect(count('alert')).toBeGreaterThan(PUSHES / 2);
      expect(count('alert') + count('schedule') + count('resent')).toBe(PUSHES);
    },
    PUSHES * MINUTE,
  );
});
