import { readFileSync } from 'node:fs';
import { currentArtifact } from '../../src/infra/artifact';
import { Random } from '../../src/world/random';
import { DEMO } from '../k8s/manifests';
import { itOrSkip } from '../support/skips';
import { ROOT } from '../terraform/harness';
import { inventory } from '../terraform/inventory';
import type { ApiObject } from './support/api';
import type { AwsCall } from './support/cloud/front';
import { ofCpu } from './support/manifests';
import { nodesNeeded } from './support/nodes-needed';
import { percentile, spread } from './support/statistics';
import { missingSystem, System } from './support/system';
import { printTable, seconds } from './support/table';
import { until } from './support/until';
import { Look, waits } from './system/look';
import { quietCases } from './system/quiet-cases';

/**
 * From `terraform apply` to `terraform destroy`, each case going on where the one before it stopped: a start takes two
 * minutes. Time is the machine's. What a configuration makes last long is short in that of the stage; the intervals of
 * scrapes, rules and pushes, and the time that a pod has to wait, are those that ship.
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
/** Each leaves a worker behind, and the outages after them take two at a time. */
const FEWEST_PUSHES = 6;
const PUSHES = Number(process.env.E2E_PUSHES ?? 20);
if (!(PUSHES >= FEWEST_PUSHES)) throw new Error(`E2E_PUSHES: ${PUSHES}; it must be ${FEWEST_PUSHES} or more`);
/** Told and not asserted: what a busy machine takes is no fault of the function's. */
const GOAL_MS = 20_000;
const SEED = Number(process.env.E2E_SEED ?? 20260105);
const MINUTE = 60_000;

const missing = missingSystem();
const say = (line: string) => process.stderr.write(`${line}\n`);

describe('the whole system', () => {
  let system: System;
  let look: Look;

  beforeAll(async () => {
    if (missing !== undefined) return;
    system = await System.start({ config: CONFIG, ...TIMES }, say);
    look = new Look(system);
    await system.startSchedule();
    printTable('Started', system.times);
  }, 10 * MINUTE);

  afterAll(async () => {
    await system?.stop();
  }, MINUTE);

  itOrSkip(missing, 'runs the artifact as it was deployed, and differs from it in addresses alone', async () => {
    const deployed = await system.stack.function(system.outputs['function-name']);
    const { settings } = await system.lambda();
    expect(system.stack.uploaded(deployed).equals(readFileSync(await currentArtifact(ROOT)))).toBe(true);
    const { AUTOSCALER_RESOURCES: asDeployed = '', ...others } = deployed.Environment.Variables;
    const { AUTOSCALER_RESOURCES: asRun = '', AWS_ENDPOINT_URL, ...sameOthers } = settings.environment;
    expect(sameOthers).toEqual(others);
    const addresses = { kubernetesUrl: system.control.url, prometheusUrl: system.monitoring.url };
    expect(JSON.parse(asRun)).toEqual({ ...JSON.parse(asDeployed), ...addresses });
    expect(AWS_ENDPOINT_URL).toBe(system.front.address);
    expect(system.scheduleExpression).toBe('rate(1 minute)');
  });

  itOrSkip(
    missing,
    'runs 50 replicas that the scheduler had no room for, on as many nodes as it needs',
    async () => {
      // GIVEN
      const demo = DEMO.filter(({ metadata }) => metadata.name === 'scenario-b') as ApiObject[];
      for (const object of demo) await system.control.create(object);
      const [workload] = demo as [ApiObject];
      const fifty = { ...workload, spec: { ...workload.spec, replicas: 50 } };
      await until('the first runs', async () => (await look.running('scenario-b')) > 0, look.patience(30_000));
      const legs: [string, string][] = [];
      const begun = Date.now();
      const leg = (what: string, at = Date.now()) => legs.push([what, seconds(at - begun)]);
      // WHEN
      await look.scale('scenario-b', 50);
      await until('a pod waits', async () => (await look.podsOf('scenario-b')).some(waits), look.patience(30_000));
      leg('the scheduler says Unschedulable');
      await until('launched', () => look.launches(begun).length > 0, look.patience(MINUTE));
      leg('RunInstances', look.launches(begun)[0]?.at);
      await until('a worker has joined', () => look.joined().length > 0, look.patience(MINUTE));
      leg('the first worker has joined');
      await until('50 run', async () => (await look.running('scenario-b')) === 50, look.patience(2 * MINUTE));
      leg('50 replicas run');
      // THEN
      const launched = (await look.workers()).length;
      const needed = await nodesNeeded(fifty, system.environment.config);
      printTable('Scenario B', [
        ...legs,
        ['workers launched', launched],
        ['calls of RunInstances', look.launches(begun).length],
        ['workers that the real scheduler needs', needed],
      ]);
      expect(launched).toBe(needed);
    },
    5 * MINUTE,
  );

  itOrSkip(
    missing,
    'launches for most pods that wait by the alert, before the schedule does, when Prometheus pushes at the intervals that ship',
    async () => {
      // GIVEN a Deployment of which each replica needs a node of its own: none fits beside a single pod of scenario B
      await system.control.create(ofCpu('push', '1800m', 0));
      const random = new Random(SEED, 'pushes');
      const latencies: number[] = [];
      const triggers: string[] = [];
      for (let run = 1; run <= PUSHES; run++) {
        // Each begins at another moment between two scrapes: by themselves all would follow the one before.
        const start = Date.now() + random.next() * 5_000;
        await until('the run begins', () => Date.now() >= start, { withinMs: 10_000 });
        // WHEN
        const begun = Date.now();
        await look.scale('push', run);
        await until('launched', () => look.launches(begun).length > 0, { ...look.patience(MINUTE), everyMs: 20 });
        const [launch] = look.launches(begun) as [AwsCall];
        latencies.push(launch.at - begun);
        const allRun = async () => (await look.running('push')) === run;
        await until('it runs on the node that was launched for it', allRun, look.patience(MINUTE));
        triggers.push(await look.triggerOf(launch, begun));
      }
      // THEN
      const count = (trigger: string) => triggers.filter((each) => each === trigger).length;
      printTable(`From a pod that waits to RunInstances (seed ${SEED})`, [
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

  describe('with nothing to do any more', () => quietCases(missing, () => ({ system, look })));

  itOrSkip(
    missing,
    'launches a worker when the one that is there is busy',
    async () => {
      const begun = Date.now();
      const joinedBefore = look.joined().length;
      system.monitoring.nodes.load(await look.baseNode(), 1);
      await until('launched', () => look.launches(begun).length > 0, look.patience(4 * MINUTE));
      const [launch] = look.launches(begun) as [AwsCall];
      await until('joined', () => look.joined().length > joinedBefore, look.patience(MINUTE));
      printTable('Scenario A (CPU over a window of 1 min, ticks each minute)', [
        ['from the load to RunInstances', seconds(launch.at - begun)],
        ['from there to the Node', seconds(Date.now() - launch.at)],
        ['by', await look.triggerOf(launch, begun)],
      ]);
      expect(await look.workers()).toHaveLength(1);
    },
    6 * MINUTE,
  );

  itOrSkip(
    missing,
    'is destroyed with the worker that Terraform does not know of, and leaves the account as it was',
    async () => {
      // GIVEN
      expect(await look.workers()).toHaveLength(1);
      expect(system.bridge.faults).toEqual([]);
      system.stopSchedule();
      // WHEN
      const ms = await system.stack.destroy();
      // THEN
      // An alert may still come after it.
      const last = system.lifecycleReports().at(-1);
      printTable('terraform destroy', [
        ['took', seconds(ms)],
        ['the function’s last call', `${seconds(last?.durationMs ?? 0)}: ${JSON.stringify(last?.end).slice(0, 200)}`],
      ]);
      expect(last?.event).toEqual({ tf: { action: 'delete', prev_input: {} } });
      expect(await inventory(system.moto.endpoint)).toEqual(system.before);
    },
    5 * MINUTE,
  );
});
