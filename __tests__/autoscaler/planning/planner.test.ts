import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import {
  base,
  burstPool,
  config,
  instance,
  launching,
  MI,
  MINUTE,
  nodeOf,
  pending,
  pod,
  scene,
  T0,
  times,
} from '../builders';

const unknown = { known: false, reason: 'timeout', detail: 'no answer in 3 s' } as const;

const launches = (snapshot: Snapshot) => plan(snapshot, config).intents.filter((intent) => intent.kind === 'launch');
const launched = (snapshot: Snapshot) => launches(snapshot).reduce((sum, { count }) => sum + count, 0);

describe('pending pods', () => {
  it('launches the number of nodes that a hand count gives, at once', () => {
    // GIVEN 50 pods of 250m and a base worker of 2000m with nothing on it: 8 fit there, 42 are left, 8 to a node
    const snapshot = scene({ pods: times(50, () => pending()) });
    // WHEN
    const result = plan(snapshot, config);
    // THEN ceil(42 / 8) = 6, half of them in each zone
    expect(result.decision.code).toBe('pending-pods');
    expect(result.intents).toMatchObject(times(2, () => ({ kind: 'launch', pool: 'burst', count: 3 })));
  });

  it('reckons what DaemonSets take from a new node', () => {
    // GIVEN a DaemonSet that takes 300m of each new node, so that six pods of 250m fit instead of eight
    const requests = { cpuMilli: 300, memoryBytes: 0, pods: 1 };
    const daemonSets = [{ namespace: 'kube-system', name: 'agent', requests, nodeSelector: {}, tolerations: [] }];
    const snapshot = scene({ nodes: [], pods: times(12, () => pending()), view: { daemonSets } });
    // THEN
    expect(launched(snapshot)).toBe(2);
  });

  it('spreads the nodes over the zones, and evens out what is there', () => {
    const byZone = (snapshot: Snapshot) => launches(snapshot).map(({ zones, count }) => [zones?.[0], count]);
    // GIVEN pods for eight nodes THEN each zone gets four
    expect(byZone(scene({ nodes: [], pods: times(64, () => pending()) }))).toEqual([
      ['us-east-1a', 4],
      ['us-east-1b', 4],
    ]);
    // GIVEN two full workers in one zone, and pods for two more THEN the other zone gets both
    const instances = [instance('i-1'), instance('i-2')];
    const full = [base, ...instances].flatMap((of) => times(8, () => pod({ nodeName: nodeOf(of).name })));
    expect(byZone(scene({ instances, pods: [...full, ...times(16, () => pending())] }))).toEqual([['us-east-1b', 2]]);
  });

  it('buys nothing while nodes on their way hold the pods', () => {
    // GIVEN
    const state = { ...emptyState(), operations: [launching()] };
    const full = times(8, () => pod({ nodeName: nodeOf(base).name }));
    const snapshot = scene({
      instances: [instance('i-1', { state: 'pending', launchedAt: T0 - MINUTE })],
      nodes: [nodeOf(base)],
      pods: [...full, ...times(8, () => pending())],
      snapshot: { state },
    });
    // THEN
    const result = plan(snapshot, config);
    expect(result.decision.code).toBe('capacity-in-flight');
    expect(result.intents).toEqual([]);
  });

  it('counts what was launched and is not shown by EC2 yet', () => {
    // GIVEN nine workers launched that no list shows, and a limit of ten
    const operation = launching({ count: 9, instances: times(9, (i) => `i-${i}`) });
    const snapshot = scene({
      pods: times(200, () => pending()),
      snapshot: { state: { ...emptyState(), operations: [operation] } },
    });
    // THEN
    expect(launches(snapshot)).toEqual([]);
    expect(plan(snapshot, config).decision.code).toBe('at-maximum');
  });

  it('goes past the cool-down, which holds back signals only', () => {
    const state = { ...emptyState(), cooldownUntil: { up: T0 + MINUTE, down: T0 + MINUTE } };
    expect(launches(scene({ pods: times(9, () => pending()), snapshot: { state } }))).toMatchObject([{ count: 1 }]);
  });

  it('stops at the maximum of nodes and says which pods go without', () => {
    const snapshot = scene({ pods: times(100, () => pending()) });
    const result = plan(snapshot, config);
    expect(launched(snapshot)).toBe(9);
    expect(Object.values(result.pods).filter((v) => v.code === 'pod-over-limit')).toHaveLength(100 - 10 * 8);
  });

  it.each([
    ['is gated', { gated: true }, 'pod-gated'],
    ['belongs to a DaemonSet', { owner: { kind: 'DaemonSet', name: 'a', uid: 'a' } }, 'pod-daemonset'],
    ['has been pending for a moment only', { unschedulableSince: T0 - 5000 }, 'pod-settling'],
    ['asks for what is not weighed', { unsupported: ['a host port'] }, 'pod-unsupported'],
    ['is larger than any node', { requests: { cpuMilli: 4000, memoryBytes: 0, pods: 1 } }, 'pod-too-large'],
    ['selects a label that no pool has', { nodeSelector: { disk: 'ssd' } }, 'pod-too-large'],
  ])('buys nothing for a pod that %s', (_, over, code) => {
    const result = plan(scene({ nodes: [], pods: [pending({ name: 'p', ...over })] }), config);
    expect(result.pods['default/p']?.code).toBe(code);
    expect(result.intents).toEqual([]);
  });

  it('needs neither Prometheus nor a warm worker', () => {
    const snapshot = scene({ pods: times(9, () => pending()), snapshot: { metrics: unknown } });
    expect(launches(snapshot)).toMatchObject([{ count: 1 }]);
  });

  it('takes a draining node back before it launches', () => {
    // GIVEN a node that is being drained and would hold the pod
    const worker = instance('i-2');
    const node = nodeOf(worker, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-1@4' } });
    const removal = {
      kind: 'removal' as const,
      id: 'removal-1',
      reason: 'cpu-low',
      phase: 'draining' as const,
      createdAt: T0 - MINUTE,
      deadline: T0 + MINUTE,
      pool: 'burst',
      node: { name: node.name, uid: node.uid },
      instance: 'i-2',
      evictedOwners: ['rs-evicted'],
    };
    const full = times(8, () => pod({ nodeName: nodeOf(base).name }));
    const with_ = (owner: string) =>
      scene({
        instances: [worker],
        nodes: [nodeOf(base), node],
        pods: [...full, pending({ owner: { kind: 'ReplicaSet', name: 'x', uid: owner }, createdAt: T0 - 30_000 })],
        snapshot: { state: { ...emptyState(), operations: [removal] } },
      });
    // THEN
    expect(plan(with_('rs-other'), config).intents).toMatchObject([{ kind: 'uncordon', operation: 'removal-1' }]);
    // but the replacement of an evicted pod does not bring its old node back
    expect(plan(with_('rs-evicted'), config).intents).toMatchObject([{ kind: 'launch', count: 1 }]);
  });
});

describe('signals', () => {
  it('launches one node when the mean CPU of the warm workers is above the threshold', () => {
    expect(launches(scene({ cpu: 0.9 }))).toMatchObject([{ count: 1, reason: 'cpu-high' }]);
  });

  it('waits for a worker that is not warm, and leaves it out of the mean', () => {
    // GIVEN a busy base worker, and a node that came two minutes ago and reads idle
    const fresh = instance('i-9', { launchedAt: T0 - 3 * MINUTE });
    const cpu = { [nodeOf(base).name]: 0.9, [nodeOf(fresh).name]: 0.01 };
    const result = plan(scene({ instances: [fresh], metrics: { cpu: { up: cpu, down: cpu } } }), config);
    // THEN the mean is 90 %, not 45 %, and the new node is measured before another is bought
    expect(result.facts.cpu).toBe(90);
    expect(result).toMatchObject({ decision: { code: 'capacity-in-flight' }, intents: [] });
  });

  it.each([
    ['the cool-down runs', { state: { ...emptyState(), cooldownUntil: { up: T0 + 1, down: 0 } } }, 'cool-down'],
    ['a node is on its way', { state: { ...emptyState(), operations: [launching()] } }, 'capacity-in-flight'],
    ['Prometheus is unknown', { metrics: unknown }, 'data-doubtful'],
    ['Kubernetes is unknown', { kubernetes: unknown }, 'data-doubtful'],
    ['EC2 is unknown', { instances: unknown }, 'data-doubtful'],
    ['a person paused it', { state: { ...emptyState(), paused: true } }, 'paused'],
  ])('launches nothing when %s', (_, snapshot, code) => {
    const result = plan(scene({ cpu: 0.9, snapshot }), config);
    expect(result.decision.code).toBe(code);
    expect(result.intents).toEqual([]);
  });

  it('launches nothing when the data is older than allowed', () => {
    const snapshot = scene({ cpu: 0.9 });
    snapshot.metrics = { ...snapshot.metrics, at: T0 - 91_000 } as Snapshot['metrics'];
    expect(plan(snapshot, config)).toMatchObject({ decision: { code: 'data-doubtful' }, intents: [] });
  });
});

describe('removal', () => {
  const old = instance('i-01d', { launchedAt: T0 - 50 * MINUTE });
  const older = instance('i-001d', { launchedAt: T0 - 55 * MINUTE });
  const unneeded = (...workers: (typeof old)[]) => ({
    ...emptyState(),
    unneededSince: Object.fromEntries(workers.map((w) => [nodeOf(w).name, T0 - 10 * MINUTE])),
  });
  const quiet = (over: Parameters<typeof scene>[0] = {}) =>
    scene({ instances: [old, older], cpu: 0.1, snapshot: { state: unneeded(old, older) }, ...over });

  it('removes the oldest of the nodes not needed, one at a time', () => {
    const result = plan(quiet(), config);
    expect(result.decision.code).toBe('cpu-low');
    expect(result.intents).toMatchObject([{ kind: 'remove', instance: 'i-001d' }]);
    expect(result.nodes[nodeOf(old).name]?.code).toBe('node-one-at-a-time');
    expect(result.nodes[nodeOf(base).name]?.code).toBe('node-base');
  });

  it.each([
    ['Prometheus is unknown', { snapshot: { state: unneeded(old), metrics: unknown } }],
    ['Prometheus and Kubernetes disagree about pending pods', { metrics: { unschedulablePods: 3 } }],
    ['a node is missing in Prometheus', { metrics: { cpu: { up: {}, down: {} } } }],
  ])('does nothing when %s', (_, over) => {
    const result = plan(quiet(over), config);
    expect(result.intents).toEqual([]);
    expect(result.hold?.code).toBe('data-doubtful');
  });

  it.each([
    ['has a pod without a controller', { owner: undefined }, 'node-pod-blocks'],
    [
      'has a pod that says so',
      { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } },
      'node-pod-blocks',
    ],
    ['has a pod with a volume of the node', { localVolume: true }, 'node-pod-blocks'],
    [
      'has a pod that fits nowhere else',
      {
        nodeSelector: { 'k3s-autoscaler/pool': 'burst' },
        requests: { cpuMilli: 900, memoryBytes: 3790 * MI, pods: 1 },
      },
      'node-busy',
    ],
  ])('keeps a node that %s', (_, over, code) => {
    const mine = pod({ nodeName: nodeOf(old).name, ...over } as Parameters<typeof pod>[0]);
    const snapshot = quiet({ instances: [old], pods: [mine] });
    expect(plan(snapshot, config).nodes[nodeOf(old).name]?.code).toBe(code);
  });

  it('keeps a node whose pods fit no other', () => {
    const full = times(7, () => pod({ nodeName: nodeOf(base).name }));
    const mine = times(2, () => pod({ nodeName: nodeOf(old).name }));
    const result = plan(quiet({ instances: [old], pods: [...full, ...mine] }), config);
    expect(result.nodes[nodeOf(old).name]?.code).toBe('node-pods-do-not-fit');
  });

  it('keeps a node when a budget allows no eviction', () => {
    const mine = pod({ nodeName: nodeOf(old).name });
    const budgets = [
      {
        namespace: 'default',
        name: 'web',
        selector: [{ key: 'app', operator: 'In' as const, values: ['web'] }],
        disruptionsAllowed: 0,
      },
    ];
    const result = plan(quiet({ instances: [old], pods: [mine], view: { budgets } }), config);
    expect(result.nodes[nodeOf(old).name]?.code).toBe('node-budget-blocks');
  });

  it('keeps a node that a person cordoned', () => {
    const nodes = [nodeOf(base), nodeOf(old, { unschedulable: true })];
    expect(plan(quiet({ instances: [old], nodes }), config).nodes[nodeOf(old).name]?.code).toBe(
      'node-cordoned-by-person',
    );
  });

  it('keeps a node without which the others would be too busy', () => {
    // GIVEN base at 50 % and one node at 13 %: the mean over the window is low, but the latest is not
    const cpu = (b: number, o: number) => ({ [nodeOf(base).name]: b, [nodeOf(old).name]: o });
    const metrics = { cpu: { up: cpu(0.55, 0.1), down: cpu(0.4, 0.1) } };
    const result = plan(quiet({ instances: [old], metrics }), config);
    expect(result.nodes[nodeOf(old).name]?.code).toBe('node-would-overload');
  });

  it('gives every node, pool and pending pod a verdict', () => {
    const snapshot = quiet({ pods: [pending({ name: 'a' }), pending({ name: 'b', gated: true })] });
    const result = plan(snapshot, config);
    expect(Object.keys(result.nodes)).toHaveLength(3);
    expect(Object.keys(result.pools)).toEqual(['burst']);
    expect(Object.keys(result.pods).sort()).toEqual(['default/a', 'default/b']);
  });
});

describe('a list of EC2 that cannot be whole', () => {
  it.each([
    ['is empty', { snapshot: { instances: { known: true as const, at: T0, value: [] } } }],
    ['lacks the instance of a Ready node', { nodes: [nodeOf(base), nodeOf(instance('i-9'))] }],
  ])('launches nothing when it %s, and every pod and pool is told why', (_, over) => {
    const result = plan(scene({ pods: times(9, (i) => pending({ name: `p-${i}` })), ...over }), config);
    expect(result).toMatchObject({ decision: { code: 'data-doubtful' }, intents: [] });
    expect(result.pods['default/p-0']?.code).toBe('data-doubtful');
    expect(result.pools.burst?.code).toBe('data-doubtful');
  });
});

describe('minimum', () => {
  it('is repaired even when Kubernetes and Prometheus are unknown', () => {
    const pools = [{ ...burstPool, min: 2 }];
    const result = plan(scene({ snapshot: { kubernetes: unknown, metrics: unknown } }), { ...config, pools });
    expect(result.intents).toMatchObject([
      { kind: 'launch', count: 1, reason: 'below-minimum', zones: ['us-east-1a', 'us-east-1b'] },
      { kind: 'launch', count: 1, reason: 'below-minimum', zones: ['us-east-1b', 'us-east-1a'] },
    ]);
  });
});
