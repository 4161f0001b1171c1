import { LABEL } from '../../../src/autoscaler/names';
import type { Plan } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Pod, PodTerm } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig, RuntimeLimits } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  fillOf,
  instance,
  launching,
  MI,
  MINUTE,
  nodeOf,
  nodesOf,
  pending,
  pod,
  removing,
  scene,
  T0,
  times,
  typeOf,
} from '../builders';

/**
 * Which pods call for nodes, and for how many. The numbers are those of the list of scenarios by which autoscalers are
 * compared; of what pool they are is in `b-pools.test.ts`, of what size in `b-size.test.ts`. Of a t3.medium pods get
 * 2000m: eight of 250m.
 */

const wide: RuntimeConfig = { ...config, limits: { maxNodes: 40 }, pools: [{ ...burstPool, max: 39 }] };

/** Pods that wait, on a cluster whose base worker is full. */
const waiting = (pods: Pod[], more: Parameters<typeof scene>[0] = {}) =>
  scene({ ...more, pods: [fillOf(base), ...pods] });
const codes = (result: Plan, code: string): number => Object.values(result.pods).filter((v) => v.code === code).length;
const cores = (milli: number): Pod['requests'] => ({ cpuMilli: milli, memoryBytes: 128 * MI, pods: 1 });

const byZone: PodTerm = {
  topologyKey: LABEL.zone,
  selector: [{ key: 'app', operator: 'In', values: ['web'] }],
  namespaces: ['default'],
};

describe('how many nodes', () => {
  it('[18] 50 pods of 500m on nodes of two cores get 13 nodes at once, not one more each time', () => {
    const result = plan(waiting(times(50, () => pending({ requests: cores(500) }))), wide);
    // THEN ceil(50 / (2000 / 500)) = 13, in two zones
    expect(nodesOf(result)).toEqual({ burst: 13 });
    expect(result.intents).toMatchObject([{ count: 7 }, { count: 6 }]);
    expect(codes(result, 'pod-gets-node')).toBe(50);
  });

  it('[24] nothing more is launched while nodes on their way will hold the pods, whatever their phase', () => {
    const pods = times(16, () => pending());
    for (const phase of ['requested', 'launched', 'registered'] as const) {
      // GIVEN two nodes on their way, of which EC2 and Kubernetes show nothing so far
      const instances = phase === 'requested' ? [] : ['i-1', 'i-2'];
      const state = { ...emptyState(), operations: [launching({ phase, instances, count: 2 })] };
      // WHEN
      const result = plan(waiting(pods, { snapshot: { state } }), wide);
      // THEN 2 × 8 = 16 have a place
      expect([phase, nodesOf(result), result.decision.code]).toEqual([phase, {}, 'capacity-in-flight']);
      expect(codes(result, 'pod-fits-joining')).toBe(16);
    }
  });

  it('[24] more is launched for what goes beyond them', () => {
    const state = { ...emptyState(), operations: [launching({ instances: ['i-1', 'i-2'] })] };
    // THEN 25 − 2 × 8 = 9 are left, for two more
    expect(
      nodesOf(
        plan(
          waiting(
            times(25, () => pending()),
            { snapshot: { state } },
          ),
          wide,
        ),
      ),
    ).toEqual({ burst: 2 });
  });

  it('[25] what a maximum leaves is launched, and the rest is told by which maximum it waits', () => {
    // GIVEN a full worker in a pool of at most three, and pods for five more
    const worker = instance('i-a');
    const snapshot = waiting([fillOf(worker), ...times(40, () => pending())], { instances: [worker] });
    const result = plan(snapshot, { ...wide, pools: [{ ...burstPool, max: 3 }] });
    // THEN two of them, for 16 pods
    expect(nodesOf(result)).toEqual({ burst: 2 });
    expect([codes(result, 'pod-gets-node'), codes(result, 'pod-over-limit')]).toEqual([16, 24]);
    expect(result.decision.text).toContain('a limit leaves 24 without');
    expect(Object.values(result.pods).find((v) => v.code === 'pod-over-limit')?.text).toContain('max of pool burst');
    // THEN a pool that is full from the start says so itself
    const full = plan(snapshot, { ...wide, pools: [{ ...burstPool, max: 1 }] });
    expect([nodesOf(full), full.decision.code, full.pools.burst?.code]).toEqual([{}, 'at-maximum', 'pool-at-maximum']);
  });

  it.each<[string, RuntimeLimits, string]>([
    // Three workers of t3.medium are 6 cores, 11364Mi, 0.1464 $/h and 106.87 $/month; four are above each of these.
    ['7 cores', { maxNodes: 40, cores: 7 }, 'limits.cores: 6 of 7'],
    ['12000Mi', { maxNodes: 40, memoryBytes: 12_000 * MI }, 'limits.memory: 11.1Gi of 11.7Gi'],
    ['0.15 $ an hour', { maxNodes: 40, usdPerHour: 0.15 }, 'limits.usdPerHour: $0.1464 of $0.15'],
    ['110 $ a month', { maxNodes: 40, usdPerMonth: 110 }, 'limits.usdPerMonth: $106.872 of $110'],
    ['three nodes', { maxNodes: 3 }, 'limits.maxNodes'],
  ])('[26] a limit of %s, of which the base worker takes its part, leaves two nodes', (_, limits, text) => {
    const result = plan(waiting(times(40, () => pending())), { ...wide, limits });
    expect(nodesOf(result)).toEqual({ burst: 2 });
    const over = Object.values(result.pods).filter((v) => v.code === 'pod-over-limit');
    expect(over).toHaveLength(40 - 2 * 8);
    expect(over[0]?.text).toContain(text);
  });

  it('[26] a limit on cores keeps no pool whose nodes are still within it from growing', () => {
    // GIVEN one core left of three: too little for a t3.medium of two, enough for a t3.micro
    const pools = [burstPool, { ...burstPool, name: 'other', instanceTypes: ['t3.micro'] }];
    const instanceTypes = { ...config.instanceTypes, 't3.micro': typeOf(1000, 900, 0.02) };
    const result = plan(waiting(times(8, () => pending())), {
      ...wide,
      pools,
      instanceTypes,
      limits: { ...wide.limits, cores: 3 },
    });
    // THEN it takes 1000 / 250 = 4
    expect(nodesOf(result)).toEqual({ other: 1 });
    expect(codes(result, 'pod-over-limit')).toBe(4);
  });

  it('[30] a pool below its minimum is brought up to it though both cool-downs are running and Prometheus is silent', () => {
    // GIVEN one worker of a pool of at least three, and nothing that asks for a node
    const state = { ...emptyState(), cooldownUntil: { up: T0 + MINUTE, down: T0 + MINUTE } };
    const metrics = { known: false, reason: 'timeout', detail: 'silent' } as const;
    const snapshot = scene({ instances: [instance('i-a')], snapshot: { state, metrics } });
    // WHEN
    const result = plan(snapshot, { ...wide, pools: [{ ...burstPool, min: 3 }] });
    // THEN
    expect([nodesOf(result), result.decision.code]).toEqual([{ burst: 2 }, 'below-minimum']);
  });
});

describe('which pods count', () => {
  it('[19] a pod that is larger than any node gets none, and is told what the largest offers; the others get theirs', () => {
    const large = pending({ name: 'large', requests: cores(6000) });
    const result = plan(waiting([large, ...times(8, () => pending())]), {
      ...wide,
      pools: [{ ...burstPool, instanceTypes: ['t3.medium', 'c7g.xlarge'] }],
      instanceTypes: { ...config.instanceTypes, 'c7g.xlarge': typeOf(3920, 7000, 0.145) },
    });
    expect(result.pods['default/large']).toMatchObject({
      code: 'pod-too-large',
      text: expect.stringContaining('it needs 6 cores; the largest type of pool burst, c7g.xlarge, allocates 3.92.'),
    });
    expect([nodesOf(result), codes(result, 'pod-gets-node')]).toEqual([{ burst: 1 }, 8]);
  });

  it('[21] pods that have their node and pull an image ask for no other', () => {
    // GIVEN pods that are Pending, and bound
    const pulling = times(20, () => pod({ phase: 'Pending', nodeName: nodeOf(base).name }));
    const result = plan(scene({ pods: pulling }), wide);
    expect([nodesOf(result), result.facts.demand, result.pods]).toEqual([{}, 0, {}]);
  });

  it.each<[string, number, string | undefined, boolean]>([
    ['a second less than the settling delay', 14, undefined, false],
    ['as long as the settling delay', 15, undefined, true],
    ['longer, but less than it asks to', 89, '90s', false],
    ['as long as it asks to', 90, '90s', true],
    ['less than it asks to in two units', 89, '1m30s', false],
    ['as long as it asks to in two units', 90, '1m30s', true],
    ['less than it asks to in a part of an hour', 179, '0.05h', false],
    ['as long as the settling delay, though it asks for less', 14, '1s', false],
    ['as long as the settling delay, and what it asks for is no duration', 15, 'a while', true],
  ])('[22] a pod that has waited %s (%d s; annotated %s) gets a node: %s', (_, seconds, delay, gets) => {
    const annotations: Record<string, string> =
      delay === undefined ? {} : { 'cluster-autoscaler.kubernetes.io/pod-scale-up-delay': delay };
    const young = pending({ name: 'p', unschedulableSince: T0 - seconds * 1000, annotations });
    const result = plan(waiting([young]), wide);
    expect(result.pods['default/p']?.code).toBe(gets ? 'pod-gets-node' : 'pod-settling');
    expect(nodesOf(result)).toEqual(gets ? { burst: 1 } : {});
  });

  it.each([
    [-11, 'pod-expendable', {}],
    [-10, 'pod-gets-node', { burst: 1 }],
  ])('[23] a pod of priority %d is told %s', (priority, code, nodes) => {
    const result = plan(waiting([pending({ name: 'p', priority })]), wide);
    expect([result.pods['default/p']?.code, nodesOf(result)]).toEqual([code, nodes]);
  });

  it('[23] expendable pods get no node either when EC2 takes the one that they are on', () => {
    const worker = instance('i-a');
    const node = nodeOf(worker);
    const leaving = (priority: number) =>
      waiting(
        times(8, () => pod({ nodeName: node.name, priority })),
        {
          instances: [worker],
          snapshot: { state: { ...emptyState(), operations: [removing({ node, cause: 'interruption' })] } },
        },
      );
    expect([nodesOf(plan(leaving(-11), wide)), nodesOf(plan(leaving(0), wide))]).toEqual([{}, { burst: 1 }]);
  });

  it('[23] a pod for which the scheduler ends others on a node gets no second one, unless that node is gone', () => {
    const nominated = (nominatedNode: string) =>
      plan(waiting([pending({ name: 'p', priority: 100, nominatedNode })]), wide).pods['default/p']?.code;
    expect(nominated(nodeOf(base).name)).toBe('pod-nominated');
    expect(nominated('k3s-worker-i-gone')).toBe('pod-gets-node');
  });

  it.each<[string, Partial<Pod>, Partial<Pod>, string]>([
    ['of its priority for its room', {}, { requests: cores(2000) }, 'pod-gets-node'],
    ['of a higher priority for its room', {}, { requests: cores(2000), priority: 1 }, 'pod-gets-node'],
    ['of a lower priority', { priority: 1 }, { requests: cores(2000) }, 'pod-fits-existing'],
    ['for its port', { hostPorts: ['TCP/0.0.0.0/80'] }, { hostPorts: ['TCP/0.0.0.0/80'] }, 'pod-gets-node'],
    ['for its anti-affinity', {}, { antiAffinity: [byZone] }, 'pod-gets-node'],
    ['beside which there is room', {}, {}, 'pod-fits-existing'],
  ])('[23] a pod minds one that others are ended for on the only node %s', (_, over, first, code) => {
    // GIVEN a worker on which nothing runs
    const worker = instance('i-a');
    const nominated = pending({ name: 'first', nominatedNode: nodeOf(worker).name, ...first });
    const snapshot = waiting([nominated, pending({ name: 'p', ...over })], { instances: [worker] });
    expect(plan(snapshot, wide).pods['default/p']?.code).toBe(code);
  });
});
