import { readFileSync } from 'node:fs';
import { currentArtifact } from '../../src/infra/artifact';
import { DEMO } from '../k8s/manifests';
import { ROOT } from '../terraform/harness';
import { inventory } from '../terraform/inventory';
import type { ApiObject } from './support/api';
import type { AwsCall } from './support/cloud/front';
import { nodesNeeded } from './support/nodes-needed';
import { missingSystem, type System } from './support/system';
import { printTable, seconds } from './support/table';
import { until } from './support/until';
import { Look, waits } from './system/look';
import { quietCases } from './system/quiet-cases';
import { startedSystem } from './system/started';
import { Story } from './system/story';

const MINUTE = 60_000;
const DEMO_B = DEMO.filter(({ metadata }) => metadata.name === 'scenario-b') as ApiObject[];
const [SCENARIO_B] = DEMO_B.filter(({ kind }) => kind === 'Deployment') as [ApiObject];
const missing = missingSystem();
const story = new Story(missing);

/** From `terraform apply` to `terraform destroy`, each case going on where the one before it stopped. */
describe('the whole system', () => {
  let system: System;
  let look: Look;
  /** Workers that the real scheduler needs for 50 replicas: tried beside the first cases, which mostly wait. */
  let needed: Promise<number>;

  beforeAll(async () => {
    if (missing !== undefined) return;
    system = await startedSystem();
    look = new Look(system);
    needed = nodesNeeded({ ...SCENARIO_B, spec: { ...SCENARIO_B.spec, replicas: 50 } }, system.environment.config);
    // Who awaits it hears of it.
    needed.catch(() => undefined);
  }, 10 * MINUTE);

  afterAll(async () => {
    await needed?.catch(() => undefined);
    await system?.stop();
  }, 2 * MINUTE);

  story.it('runs the artifact as it was deployed, and differs from it in addresses alone', async () => {
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

  story.it(
    'runs 50 replicas that the scheduler had no room for, on as many nodes as it needs',
    async () => {
      // GIVEN
      for (const object of DEMO_B) await system.control.create(object);
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
      printTable('Scenario B', [
        ...legs,
        ['workers launched', launched],
        ['calls of RunInstances', look.launches(begun).length],
        ['workers that the real scheduler needs', await needed],
      ]);
      expect(launched).toBe(await needed);
    },
    5 * MINUTE,
  );

  describe('with nothing to do any more', () => quietCases(story, () => ({ system, look })));

  story.it(
    'launches a worker when the one that is there is busy',
    async () => {
      // GIVEN
      const base = await look.baseNode();
      const joinedBefore = look.joined().length;
      // WHEN the schedule ticks for the first time when the window is over
      const begun = Date.now();
      system.monitoring.nodes.load(base, 1);
      await system.byItself();
      // THEN
      await until('launched', () => look.launches(begun).length > 0, look.patience(4 * MINUTE));
      const [launch] = look.launches(begun) as [AwsCall];
      await until('joined', () => look.joined().length > joinedBefore, look.patience(MINUTE));
      printTable('Scenario A (CPU over a window of 1 min, ticks each minute)', [
        ['from the load to RunInstances', seconds(launch.at - begun)],
        ['from there to the Node', seconds(Date.now() - launch.at)],
      ]);
      expect(await look.triggerOf(launch, begun)).toBe('schedule');
      expect(await look.workers()).toHaveLength(1);
    },
    6 * MINUTE,
  );

  story.it(
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
