import { System } from '../support/system';
import { printTable } from '../support/table';

/**
 * Time is the machine's. What a configuration makes last long is short in that of the stage; the intervals of scrapes,
 * rules and pushes, and the time that a pod has to wait, are those that ship.
 */
const CONFIG = {
  schedule: { every: '1m' },
  function: { timeout: '30s' },
  limits: { maxNodes: 60 },
  pools: { burst: { max: 50 } },
  policy: {
    cpu: { window: '1m', downWindow: '1m' },
    // Long enough for the removals of one tick to be over before the next are due.
    cooldown: { up: '10s', down: '8s' },
    unneededFor: '10s',
    minAge: '30s',
    removalsAtOnce: 2,
  },
};
const TIMES = { launchSeconds: 1, bootSeconds: 2, shutdownSeconds: 2 };

/** The whole system, which ticks each minute and when an alert is pushed; what its start took is printed. */
export async function startedSystem(): Promise<System> {
  const system = await System.start({ config: CONFIG, ...TIMES }, (line) => process.stderr.write(`${line}\n`));
  await system.startSchedule();
  printTable('Started', system.times);
  return system;
}
