import type { SignalReading, Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState, type LaunchOperation } from '../../../src/autoscaler/state';
import type { RuntimeConfig, RuntimeSignal } from '../../../src/config/runtime';
import { Face } from '../../../src/proof/face/face';
import { base, config, instance, MINUTE, nodeOf, removing, scene, T0, times } from '../builders';
import { type Ran, run } from '../ports';

/**
 * What CPU and the user's signals make of the fleet. The numbers are those of the list of scenarios by which autoscalers
 * are compared.
 */

const queue: RuntimeSignal = { name: 'queue', query: 'sum(queue)', above: 70, below: 30, windowMs: 5 * MINUTE };
const withQueue: Partial<RuntimeConfig> = { policy: { ...config.policy, signals: [queue] } };

/** Nodes that EC2 was asked for, and those whose removal was begun, in one tick. */
const bought = ({ state }: Ran): number =>
  state.operations.filter((o): o is LaunchOperation => o.kind === 'launch').reduce((sum, { count }) => sum + count, 0);
const begun = ({ calls }: Ran): number => calls.filter((call) => call.startsWith('cordon')).length;

describe('utilisation around its setpoint', () => {
  const workers = times(3, (i) => instance(`i-${i}`));
  const idle = Object.fromEntries(workers.map((worker) => [nodeOf(worker).name, T0 - 60 * MINUTE]));

  /** Four warm workers; the three of them that may go have been unneeded for an hour. */
  const at = (share: number): Snapshot =>
    scene({
      instances: workers,
      cpu: share,
      metrics: { signals: { queue: reading(100 * share) } },
      snapshot: { state: { ...emptyState(), unneededSince: idle } },
    });
  const reading = (value: number): SignalReading => ({ known: true, now: value, least: value, most: value });

  it.each([0.3, 0.31, 0.5, 0.69, 0.7])('[34] inside 30 to 70 %%, at %d, changes nothing', async (share) => {
    const ran = await run(at(share), { config: withQueue });
    expect([bought(ran), begun(ran), ran.calls.filter((call) => call.startsWith('launch'))]).toEqual([0, 0, []]);
  });

  it.each([
    [0.71, 1],
    [0.88, 2],
    [1, 2],
  ])('[34] above it, at a CPU of %d over four workers, launches %d', async (share, count) => {
    const ran = await run(at(share), { config: {} });
    expect(bought(ran)).toBe(count);
  });

  it.each([
    ['twice the setpoint', 140, 10, 4],
    ['far above, where it doubles the workers', 700, 10, 4],
    ['above what all limits allow', 7_000, 6, 2],
    ['above it at the limit', 7_000, 4, 0],
  ])('[34] %s: a signal of %d with at most %d nodes launches %d', async (_, value, maxNodes, count) => {
    // GIVEN
    const snapshot = at(0.5);
    if (snapshot.metrics.known) snapshot.metrics.value.signals = { queue: reading(value) };
    // WHEN
    const ran = await run(snapshot, { config: { ...withQueue, limits: { maxNodes } } });
    // THEN
    expect(bought(ran)).toBe(count);
    expect(ran.history.at(-1)?.decision.code).toBe(count === 0 ? 'at-maximum' : 'signal-high');
  });

  it('[34] below it, removes one at a time', async () => {
    const ran = await run(at(0.1), { config: withQueue });
    expect([bought(ran), begun(ran)]).toEqual([0, 1]);
  });
});

it('a load that rises while a node is drained takes that node back, and EC2 is asked for none', async () => {
  // GIVEN two workers that serve, at 95 %: one more is wanted
  const workers = [instance('i-1'), instance('i-a')];
  const node = nodeOf(workers[1] as (typeof workers)[0], {
    unschedulable: true,
    annotations: { 'k3s-autoscaler/operation': 'removal-1@4' },
  });
  const snapshot = scene({
    instances: workers,
    nodes: [nodeOf(base), nodeOf(workers[0] as (typeof workers)[0]), node],
    cpu: 0.95,
    snapshot: { state: { ...emptyState(), operations: [removing({ node })] } },
  });
  // WHEN
  const ran = await run(snapshot, { config: {} });
  // THEN
  expect(ran.calls.filter((call) => /^(uncordon|launch|evict)/.test(call))).toEqual([`uncordon ${node.name}`]);
  expect(ran.history.at(-1)?.decision.code).toBe('cpu-high');
});

describe('a load that flaps', () => {
  /** An hour in the simulated world; the CPU of every node goes from 5 to 95 % or back with each of thirty ticks. */
  async function hour(config: Record<string, unknown>): Promise<{ launches: number; removals: number; nodes: number }> {
    const face = new Face({ seed: 1, config });
    for (let tick = 1; tick <= 30; tick += 1) {
      const cpu = tick % 2 === 0 ? 0.95 : 0.05;
      const load = { kind: 'load', atMs: 0, nodes: 'all', cpu, forMs: 2 * MINUTE - 2 } as const;
      face.change((tick - 1) * 2 * MINUTE + 1, () => face.world.load(load));
      face.invokeAt(tick * 2 * MINUTE, { id: `tick-${tick}` });
    }
    await face.runUntil(62 * MINUTE);
    // A tick that launches in two zones changed its mind once.
    const ticks = face.calls.flatMap(({ operation, effectAt }) =>
      operation === 'RunInstances' && effectAt !== undefined ? [Math.floor(effectAt / (2 * MINUTE))] : [],
    );
    return {
      launches: new Set(ticks).size,
      removals: face.world.events.filter(({ kind }) => kind === 'node-cordoned').length,
      nodes: face.state.nodeCount,
    };
  }

  it('[76] across both thresholds with each tick is no signal in windows of minutes: nothing changes in an hour', async () => {
    expect(await hour({})).toEqual({ launches: 0, removals: 0, nodes: 1 });
  });

  it('[76] even in windows that see each turn, an hour has at most 8 launches and 6 removals', async () => {
    // GIVEN a mean over a minute, which is above 70 % at each second tick and below 30 % at each other one
    const { launches, removals, nodes } = await hour({ policy: { cpu: { window: '1m', downWindow: '1m' } } });
    // THEN what was bought must boot and be warm before more is, and ten minutes lie between a change and a removal
    expect(launches).toBeGreaterThan(0);
    expect(launches).toBeLessThanOrEqual(8);
    expect(removals).toBeLessThanOrEqual(6);
    expect(nodes).toBeLessThanOrEqual(10);
  });
});
