import { readFileSync } from 'node:fs';
import { currentArtifact } from '../../src/infra/artifact';
import { Random } from '../../src/world/random';
import { DEMO } from '../k8s/manifests';
import { itOrSkip } from '../support/skips';
import { ROOT } from '../terraform/harness';
import { inventory } from '../terraform/inventory';
import type { ApiObject } from './support/api';
import type { Report } from './support/lambda/function';
import { budget, ofCpu, together } from './support/manifests';
import { nodesNeeded } from './support/nodes-needed';
import { percentile, spread } from './support/statistics';
import { missingSystem, System } from './support/system';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

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
    cooldown: { up: '10s', down: '1s' },
    unneededFor: '10s',
    minAge: '30s',
    removalsAtOnce: 10,
  },
};
const TIMES = { launchSeconds: 1, bootSeconds: 2, shutdownSeconds: 2 };
const PUSHES = Number(process.env.E2E_PUSHES ?? 20);
/** Told and not asserted: what a busy machine takes is no fault of the function's. */
const GOAL_MS = 20_000;
const SEED = Number(process.env.E2E_SEED ?? 20260105);
const MINUTE = 60_000;

const missing = missingSystem();
const say = (line: string) => process.stderr.write(`${line}\n`);

describe('the whole system', () => {
  let system: System;
  let before: Record<string, string[]>;

  beforeAll(async () => {
    if (missing !== undefined) return;
    system = await System.start({ config: CONFIG, ...TIMES }, say);
    before = system.before;
    await system.startSchedule();
    printTable('Started', system.times);
  }, 10 * MINUTE);

  afterAll(async () => {
    await system?.stop();
  }, MINUTE);

  const patience = (withinMs: number) => ({ withinMs, everyMs: 200, failure: () => system.story() });

  const deployment = (name: string) => `apis/apps/v1/namespaces/default/deployments/${name}`;
  const scale = (name: string, replicas: number) =>
    system.control.admin.patch(deployment(name), { spec: { replicas } });
  const podsOf = async (name: string) => (await system.pods()).filter(({ metadata }) => metadata.labels?.app === name);
  const isRunning = ({ status }: ApiObject) => status.phase === 'Running';
  const isOnWorker = ({ spec }: ApiObject) => joined().some(({ node }) => node === spec.nodeName);
  const waits = ({ status }: ApiObject) =>
    (status.conditions ?? []).some((c: { type: string; reason?: string }) => c.reason === 'Unschedulable');
  const workers = () => system.liveInstances('worker');
  const launchesSince = (at: number) =>
    system.front.calls.filter((call) => call.operation === 'ec2.RunInstances' && call.at >= at);
  const joined = () =>
    [...system.bridge.machines.values()].filter(({ role, registeredAt }) => role === 'worker' && registeredAt);
  const cordoned = async () =>
    (await system.nodes()).filter(({ spec }) => spec.unschedulable === true).map(({ metadata }) => metadata.name);
  /** Evictions that the API server has refused since its start, by its own count. */
  async function refusedEvictions(): Promise<number> {
    const { body } = await system.control.admin.send('GET', 'metrics');
    const lines = String(body.message).split('\n');
    const refused = lines.filter((line) => /^apiserver_request_total\{.*code="429".*subresource="eviction"/.test(line));
    return refused.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  const baseNode = async () => `worker-${(await system.liveInstances('base'))[0]}`;

  /** Of the invocation that made a call at that time. */
  async function triggerAt(at: number): Promise<string> {
    const going = (await system.lambda()).going(at);
    const event = going?.event as { trigger?: string; action?: string } | undefined;
    return event?.trigger ?? event?.action ?? (going ? 'alert' : 'unknown');
  }

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
      await until('the first replica runs', async () => (await podsOf('scenario-b')).some(isRunning), patience(30_000));
      const legs: [string, string][] = [];
      const begun = Date.now();
      const leg = (what: string, at = Date.now()) => legs.push([what, seconds(at - begun)]);
      // WHEN
      await scale('scenario-b', 50);
      await until('a pod waits', async () => (await podsOf('scenario-b')).some(waits), patience(30_000));
      leg('the scheduler says Unschedulable');
      await until('launched', () => launchesSince(begun).length > 0, patience(MINUTE));
      leg('RunInstances', launchesSince(begun)[0]?.at);
      await until('a worker has joined', () => joined().length > 0, patience(MINUTE));
      leg('the first worker has joined');
      const running = async () => (await podsOf('scenario-b')).filter(isRunning).length;
      await until('50 run', async () => (await running()) === 50, patience(2 * MINUTE));
      leg('50 replicas run');
      // THEN
      const launched = (await workers()).length;
      const needed = await nodesNeeded(fifty, system.environment.config);
      printTable('Scenario B', [
        ...legs,
        ['workers launched', launched],
        ['calls of RunInstances', launchesSince(begun).length],
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
        await scale('push', run);
        await until('launched', () => launchesSince(begun).length > 0, { ...patience(MINUTE), everyMs: 20 });
        const at = launchesSince(begun)[0]?.at ?? 0;
        latencies.push(at - begun);
        triggers.push(await triggerAt(at));
        const allRun = async () => (await podsOf('push')).filter(isRunning).length === run;
        await until('it runs on the node that was launched for it', allRun, patience(MINUTE));
      }
      // THEN
      const count = (trigger: string) => triggers.filter((each) => each === trigger).length;
      printTable(`From a pod that waits to RunInstances (seed ${SEED})`, [
        ['all', spread(latencies)],
        [`goal: p95 of at most ${seconds(GOAL_MS)}`, percentile(latencies, 95) <= GOAL_MS ? 'kept' : 'missed'],
        ['by alert', count('alert')],
        ['by the schedule, which came first', count('schedule')],
        ['workers', (await workers()).length],
      ]);
      expect(count('alert')).toBeGreaterThan(PUSHES / 2);
    },
    PUSHES * MINUTE,
  );

  describe('with nothing to do any more', () => {
    const outages: [string, string][] = [];
    let quietSince = 0;
    let blocked = 0;
    /** Of the pods with a budget, the fewest that ran at a time. */
    let fewest = Number.POSITIVE_INFINITY;
    let watching: NodeJS.Timeout | undefined;
    afterAll(() => clearInterval(watching));

    async function lookAtBudget(): Promise<void> {
      // While the API server is away nobody knows.
      const pods = await podsOf('kept').catch(() => undefined);
      if (pods === undefined) return;
      const healthy = pods.filter((pod) => isRunning(pod) && pod.metadata.deletionTimestamp === undefined);
      fewest = Math.min(fewest, healthy.length);
    }

    /** What ticks do while something is out of order: they end well, and no node is given up or bought. */
    async function holdsStill(ticks: number): Promise<Report[]> {
      const [cordonedBefore, begun] = [await cordoned().catch(() => undefined), Date.now()];
      const reports: Report[] = [];
      for (let tick = 0; tick < ticks; tick++) reports.push(await system.tick());
      expect(reports.map(({ end }) => (end.kind === 'failed' ? end : end.kind))).toEqual(reports.map(() => 'done'));
      expect(launchesSince(begun)).toEqual([]);
      const now = await cordoned().catch(() => undefined);
      if (cordonedBefore && now) expect(now.filter((name) => !cordonedBefore.includes(name))).toEqual([]);
      return reports;
    }

    /** Ticks by hand until the condition holds. */
    const ticksUntil = (what: string, holds: () => Promise<boolean>, withinMs: number) =>
      until(
        what,
        async () => {
          await system.tick();
          return holds();
        },
        { ...patience(withinMs), everyMs: 1_000 },
      );

    itOrSkip(
      missing,
      'gives no node up while Prometheus is gone, nor before it knows enough again when it comes back empty',
      async () => {
        // GIVEN four pods that stay, on one worker, of which one may be missing at a time
        const [{ spec: of } = { spec: {} }] = await podsOf('scenario-b').then((pods) => pods.filter(isOnWorker));
        await system.control.create(together('kept', 4, of.nodeName));
        await system.control.create(budget('kept', 1));
        await until('they run', async () => (await podsOf('kept')).filter(isRunning).length === 4, patience(MINUTE));
        watching = setInterval(() => void lookAtBudget(), 200);
        await system.monitoring.kill();
        quietSince = Date.now();
        await Promise.all([scale('scenario-b', 0), scale('push', 0)]);
        // WHEN for longer than a node has to be unneeded
        const longEnough = async () => Date.now() - quietSince > 15_000;
        await ticksUntil('15 s have passed', longEnough, MINUTE);
        // THEN
        expect(await cordoned()).toEqual([]);
        // WHEN
        const restarted = Date.now();
        await system.monitoring.restartEmpty();
        outages.push(['Prometheus back, empty', seconds(Date.now() - restarted)]);
        await ticksUntil('a node is given up', async () => (await cordoned()).length > 0, 4 * MINUTE);
        outages.push(['from there to the first removal', seconds(Date.now() - restarted)]);
        // THEN it was known by then how busy the base worker is
        const known = await system.monitoring.query('sum by (node) (rate(node_cpu_seconds_total[1m]))');
        expect(known.map(({ metric }) => metric.node)).toContain(await baseNode());
      },
      6 * MINUTE,
    );

    itOrSkip(
      missing,
      'begins no removal while the API server is gone, and goes on when it is back',
      async () => {
        blocked += await refusedEvictions();
        const begun = Date.now();
        const cordonedBefore = await cordoned();
        await system.control.killApiServer();
        const reports = await holdsStill(3);
        await system.startApiServer();
        const back = Date.now();
        expect((await cordoned()).filter((name) => !cordonedBefore.includes(name))).toEqual([]);
        outages.push([
          'API server away',
          `${seconds(back - begun)}, ticks of ${spread(reports.map((r) => r.durationMs))}`,
        ]);
        await ticksUntil('it is known again', async () => isKnown(system.lastReport()), MINUTE);
        outages.push(['API server back, to a tick that knows it', seconds(Date.now() - back)]);
      },
      4 * MINUTE,
    );

    itOrSkip(
      missing,
      'begins no removal with a token that is refused, and takes the new one without a cold start',
      async () => {
        // GIVEN a function that is warm, and its ServiceAccount made anew, by which its token holds no more
        await system.tick();
        const account = 'api/v1/namespaces/kube-system/serviceaccounts/k3s-autoscaler';
        const old = await system.controllerToken();
        await system.control.admin.delete(account);
        await system.control.apply();
        const client = system.control.clientOf(old);
        const refused = async () => (await client.send('GET', 'api/v1/nodes')).status === 401;
        await until('the API server refuses it', refused, patience(MINUTE));
        await client.close();
        // WHEN
        const reports = await holdsStill(2);
        expect(reports.map(({ isCold }) => isCold)).toEqual([false, false]);
        await system.publishTokens();
        const published = Date.now();
        // THEN
        await ticksUntil('it is let in again', async () => isKnown(system.lastReport()), MINUTE);
        expect(system.lastReport()?.isCold).toBe(false);
        outages.push(['token rotated, to a tick that is let in', seconds(Date.now() - published)]);
      },
      3 * MINUTE,
    );

    itOrSkip(
      missing,
      'begins no removal while EC2 does not answer in time, and ends each tick in its own',
      async () => {
        system.moto.slow({ ec2: 6 });
        const slow = await holdsStill(2);
        system.moto.slow({ dynamodb: 1 });
        const patient = await system.tick();
        expect(patient.end.kind).toBe('done');
        system.moto.slow({});
        outages.push(['EC2 6 s late, ticks', spread(slow.map(({ durationMs }) => durationMs))]);
        outages.push(['DynamoDB 1 s late, tick', seconds(patient.durationMs)]);
      },
      3 * MINUTE,
    );

    itOrSkip(
      missing,
      'goes back to the base worker, by evictions that the budget refuses and later lets through, and leaves nothing',
      async () => {
        // WHEN
        await ticksUntil('no worker is left', async () => (await workers()).length === 0, 5 * MINUTE);
        const nodesLeft = async () => (await system.nodes()).map(({ metadata }) => metadata.name).sort();
        const base = await baseNode();
        await ticksUntil('their Nodes are gone', async () => (await nodesLeft()).length === 2, 2 * MINUTE);
        blocked += await refusedEvictions();
        // THEN
        const table: [string, string | number][] = [
          ...outages,
          ['from the last replica gone to the base worker alone', seconds(Date.now() - quietSince)],
          ['evictions that the API server answered with 429', blocked],
          ['fewest of 4 pods with a budget of 1 that ran', fewest],
        ];
        printTable('Quiet', table);
        expect(await nodesLeft()).toEqual([base, 'server-0'].sort());
        expect((await podsOf('kept')).map(({ spec }) => spec.nodeName)).toEqual([base, base, base, base]);
        expect(fewest).toBeGreaterThanOrEqual(3);
        expect(blocked).toBeGreaterThan(0);
        const now = await inventory(system.moto.endpoint);
        expect({ instances: now.instances, volumes: now.volumes }).toEqual({
          instances: system.applied.instances,
          volumes: system.applied.volumes,
        });
      },
      8 * MINUTE,
    );
  });

  itOrSkip(
    missing,
    'launches a worker when the one that is there is busy',
    async () => {
      const begun = Date.now();
      const joinedBefore = joined().length;
      system.monitoring.nodes.load(await baseNode(), 1);
      await until('launched', () => launchesSince(begun).length > 0, patience(4 * MINUTE));
      const launched = launchesSince(begun)[0]?.at ?? 0;
      await until('joined', () => joined().length > joinedBefore, patience(MINUTE));
      printTable('Scenario A (CPU over a window of 1 min, ticks each minute)', [
        ['from the load to RunInstances', seconds(launched - begun)],
        ['from there to the Node', seconds(Date.now() - launched)],
        ['by', await triggerAt(launched)],
      ]);
      expect(await workers()).toHaveLength(1);
    },
    6 * MINUTE,
  );

  itOrSkip(
    missing,
    'is destroyed with the worker that Terraform does not know of, and leaves the account as it was',
    async () => {
      // GIVEN
      expect(await workers()).toHaveLength(1);
      system.stopSchedule();
      // WHEN
      const ms = await system.stack.destroy();
      // THEN
      const last = system.lastReport();
      printTable('terraform destroy', [
        ['took', seconds(ms)],
        ['the function’s last call', `${seconds(last?.durationMs ?? 0)}: ${JSON.stringify(last?.end).slice(0, 200)}`],
      ]);
      expect(last?.event).toEqual({ tf: { action: 'delete', prev_input: {} } });
      expect(await inventory(system.moto.endpoint)).toEqual(before);
    },
    5 * MINUTE,
  );
});

/** The tick saw all that it has to know. */
const isKnown = (report: Report | undefined): boolean => report?.lines.some(({ hold }) => hold === null) ?? false;
