import type { DryRun } from '../../src/autoscaler/dry-run';
import type { Plan } from '../../src/autoscaler/plan';
import { missingMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { type Cost, growth } from './size/growth';
import { LargeCluster } from './size/large-cluster';
import type { ApiObject } from './support/api';
import { missingControlPlane } from './support/binary';
import type { Report } from './support/lambda/function';
import { missingNode } from './support/lambda/node-runtime';
import { tellShare } from './support/lambda/processor-share';
import { ofCpu } from './support/manifests';
import { missingMonitoring } from './support/prometheus';
import { spread } from './support/statistics';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

/**
 * What a tick costs in a large cluster: the deployed bundle over a real API server and a real Prometheus. No stack is
 * applied; instances are made as the cluster would have them.
 */
const SIZES = [
  { nodes: 100, pods: 1_000 },
  { nodes: 500, pods: 5_000 },
];
const LARGEST = SIZES.at(-1)?.nodes ?? 0;
const WARM_TICKS = 5;
/** Pods that wait beside the largest, each of which needs a node of its own. */
const WAITING = 200;
const MINUTE = 60_000;
/** After which a worker's CPU counts (docs/planning.md), and a little. */
const WARM_MS = 5 * MINUTE + 10_000;

const missing = missingControlPlane() ?? missingMonitoring() ?? missingMoto() ?? missingNode();

describe('a tick of a large cluster', () => {
  let cluster: LargeCluster;
  const costs: Cost[] = [];
  const table: [string, string][] = [];

  beforeAll(async () => {
    if (missing === undefined) cluster = await LargeCluster.start();
  }, 5 * MINUTE);

  afterAll(async () => {
    await cluster?.stop();
    if (table.length > 0) printTable('A tick by size', [...table, ...growth(costs)]);
  }, MINUTE);

  const tick = () => cluster.lambda.invoke({ action: 'tick' });
  /** As a tick plans, without a write: each finds the same. */
  const plan = () => cluster.eager.invoke({ action: 'dryRun' });

  /** A cold one, and some that find the sandbox warm. */
  async function coldAndWarm(invoke: () => Promise<Report>): Promise<[cold: Report, warm: Report[]]> {
    await Promise.all([cluster.lambda.cool(), cluster.eager.cool()]);
    const cold = await invoke();
    const warm: Report[] = [];
    for (let n = 0; n < WARM_TICKS; n++) warm.push(await invoke());
    return [cold, warm];
  }

  function tell(size: string, what: string, cold: Report, warm: Report[]): void {
    table.push(
      [`${size}: cold ${what}`, `${seconds(cold.initMs)} start + ${seconds(cold.durationMs)}`],
      [`${size}: warm ${what}`, spread(warm.map(({ durationMs }) => durationMs))],
      [`${size}: peak memory`, `cold ${cold.peakMb.toFixed(0)} MB, warm ${warm.at(-1)?.peakMb.toFixed(0)} MB`],
    );
  }

  for (const { nodes, pods } of SIZES) {
    itOrSkip(
      missing,
      `with ${pods} pods on ${nodes} nodes stays within the function's memory and time`,
      async () => {
        // GIVEN
        const begun = performance.now();
        await cluster.grow(nodes, pods);
        const size = `${nodes} nodes, ${pods} pods`;
        table.push([`${size}: in the cluster after`, seconds(performance.now() - begun)]);
        // moto writes of hundreds of instances for seconds, EC2 does not: it has written before what it is asked below.
        const isWritten = async () => seesAll(await tick());
        await until('moto has written of all instances', isWritten, { withinMs: 2 * MINUTE, everyMs: 1_000 });
        // WHEN
        const [cold, warm] = await coldAndWarm(tick);
        // THEN
        const all = [cold, ...warm];
        if (costs.length === 0) table.push(['processor', tellShare(all, cluster.memoryMb)]);
        tell(size, 'tick', cold, warm);
        costs.push(await cluster.cost(cold, warm));
        expect(all.map(({ end }) => (end.kind === 'failed' ? end : end.kind))).toEqual(all.map(() => 'done'));
        // All that was asked for was known: a worker is warm after five minutes, and nothing else is to be lacking.
        const holds = all.flatMap(({ lines }) => lines.map(({ hold }) => hold ?? 'no worker is warm yet'));
        expect(holds).toEqual(all.map(() => expect.stringContaining('no worker is warm yet')));
        // The base worker too.
        const facts = expect.objectContaining({ workers: nodes + 1 });
        expect(all.map(({ lines }) => lines.at(-1)?.facts)).toEqual(all.map(() => facts));
        for (const { peakMb } of all) expect(peakMb).toBeLessThan(cluster.memoryMb);
      },
      12 * MINUTE,
    );
  }

  itOrSkip(
    missing,
    "with all workers warm, finds which of them may go within the function's memory and time",
    async () => {
      // GIVEN workers whose CPU speaks, each of which others have room for
      const areWarm = () => Date.now() - cluster.lastJoinedAt > WARM_MS;
      await until('every worker is warm', areWarm, { withinMs: 2 * WARM_MS, everyMs: 1_000 });
      // WHEN
      const [cold, warm] = await coldAndWarm(plan);
      // THEN
      tell('workers warm, of which some may go', 'plan', cold, warm);
      for (const report of [cold, ...warm]) {
        expect(planOf(report)).toMatchObject({ hold: null, facts: { workers: LARGEST + 1, pendingPods: 0 } });
        expect(planOf(report)?.intents.map(({ kind }) => kind)).toContain('remove');
        expect(report.peakMb).toBeLessThan(cluster.memoryMb);
      }
    },
    12 * MINUTE,
  );

  itOrSkip(
    missing,
    `with ${WAITING} pods that wait beside them, plans within the function's memory and time`,
    async () => {
      // GIVEN
      await cluster.control.create(ofCpu('waiting', '1800m', WAITING));
      const waiting = async () => (await cluster.control.admin.list(PODS_THAT_WAIT)).filter(isRefused).length;
      const patience = { withinMs: 2 * MINUTE, everyMs: 1_000 };
      await until(`${WAITING} pods wait`, async () => (await waiting()) === WAITING, patience);
      const inPrometheus = 'count(kube_pod_status_unschedulable)';
      const seen = async () => (await cluster.monitoring.query(inPrometheus))[0]?.value === WAITING;
      await until('Prometheus knows it', seen, patience);
      // A pod may just be about to be placed: it counts once it has waited for a little.
      const settled = async () => {
        const codes = codesOf(await plan());
        return codes.length === WAITING && !codes.includes('pod-settling');
      };
      await until('they count', settled, patience);
      // WHEN
      const [cold, warm] = await coldAndWarm(plan);
      // THEN
      tell(`${WAITING} more that wait, workers warm`, 'plan', cold, warm);
      for (const report of [cold, ...warm]) {
        const facts = { workers: LARGEST + 1, pendingPods: WAITING };
        expect(planOf(report)).toMatchObject({ hold: null, facts });
        expect(codesOf(report)).toEqual(Array.from({ length: WAITING }, () => 'pod-gets-node'));
        expect(report.peakMb).toBeLessThan(cluster.memoryMb);
      }
    },
    12 * MINUTE,
  );
});

const PODS_THAT_WAIT = 'api/v1/namespaces/default/pods?labelSelector=app%3Dwaiting';

const isRefused = ({ status }: ApiObject): boolean =>
  JSON.stringify(status.conditions ?? []).includes('"Unschedulable"');

const seesAll = ({ end, lines }: Report): boolean =>
  end.kind === 'done' && !lines.some(({ hold }) => /is unknown/.test(String(hold)));

function planOf({ end }: Report): Plan | null {
  if (end.kind === 'failed') throw new Error(`${end.type}: ${end.message}`);
  return (JSON.parse(end.body) as DryRun).plan;
}

/** What is said of the pods that wait. */
const codesOf = (report: Report): string[] =>
  Object.entries(planOf(report)?.pods ?? {})
    .filter(([name]) => name.startsWith('default/waiting-'))
    .map(([, { code }]) => code);
