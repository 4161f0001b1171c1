import { LABEL } from '../../../src/autoscaler/names';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Instance, Node, Pod, Snapshot } from '../../../src/autoscaler/snapshot';
import type { Taint } from '../../../src/config/runtime';
import {
  base,
  config,
  instance,
  later,
  launching,
  MI,
  MINUTE,
  movedTo,
  nodeOf,
  pending,
  pod,
  removing,
  scene,
  T0,
} from '../builders';
import { chosen, fullBase, idle, podsOf, verdictOf, withMinimum, withPolicy, workers } from '../idle';
import { run } from '../ports';

/**
 * Whether a worker is needed. The numbers are those of the list of scenarios by which autoscalers are compared; how long
 * and which first stands in d-removal-order, what must never be moved in d-kept. [76] stands in b-signals.
 */

const [a, b] = workers('a', 'b') as [Instance, Instance];
const two = withPolicy({ removalsAtOnce: 2 });

describe('a worker that nobody needs', () => {
  it.each([
    ['for 9 min 59 s stays', 10 * MINUTE - 1000, 'node-unneeded-wait'],
    ['for a millisecond less than ten minutes stays', 10 * MINUTE - 1, 'node-unneeded-wait'],
    ['for ten minutes goes', 10 * MINUTE, 'node-chosen'],
  ])('[53] %s', (_, unneededFor, code) => {
    expect(verdictOf(a, idle({ instances: [a], unneededFor }))?.code).toBe(code);
  });

  it('[53] is waited for from the first tick that finds it so', () => {
    // GIVEN nothing is remembered
    const first = idle({ instances: [a], state: { unneededSince: {} } });
    const { unneededSince } = plan(first, config).memory;
    // THEN
    expect(unneededSince).toEqual({ [nodeOf(a).name]: T0 });
    const then = (ms: number) => chosen(later({ ...first, state: { ...first.state, unneededSince } }, ms));
    expect(then(10 * MINUTE - 1)).toEqual([]);
    expect(then(10 * MINUTE)).toEqual([a.id]);
  });

  it('[54] stays for ten minutes after a node was added anywhere', async () => {
    // GIVEN a tick that launches for a pod
    const { state } = await run(scene({ pods: [...fullBase(), pending()] }));
    const { cooldownUntil } = state;
    expect(cooldownUntil.down).toBe(T0 + 10 * MINUTE);
    // THEN
    const at = (time: number) => verdictOf(a, movedTo(time, idle({ instances: [a], state: { cooldownUntil } })))?.code;
    expect(at(T0 + 10 * MINUTE - 1)).toBe('cool-down');
    expect(at(T0 + 10 * MINUTE)).toBe('node-chosen');
  });

  it.each([
    [10 * MINUTE - 1, 'node-young'],
    [10 * MINUTE, 'node-chosen'],
  ])('[54] stays while it was itself added less than ten minutes ago: at %d ms, %s', (age, code) => {
    const young = nodeOf(a, { createdAt: T0 - age });
    expect(verdictOf(a, idle({ instances: [a], nodes: [nodeOf(base), young] }))?.code).toBe(code);
  });
});

describe('a worker that works', () => {
  const busy = (share: number, over: Partial<Snapshot> = {}) => {
    const snapshot = idle({
      instances: [a, b],
      pods: podsOf(a, 1, { requests: { cpuMilli: 0, memoryBytes: 0, pods: 1 } }),
    });
    if (!snapshot.metrics.known) throw new Error('no metrics');
    const { value } = snapshot.metrics;
    const down = { [nodeOf(base).name]: 0, [nodeOf(b).name]: 0, [nodeOf(a).name]: share };
    return { ...snapshot, metrics: { ...snapshot.metrics, value: { ...value, cpu: { up: down, down } } }, ...over };
  };

  it.each([
    [0.29, 'node-chosen'],
    [0.3, 'node-busy'],
    [0.6, 'node-busy'],
  ])('at %d of its cores, for pods that request nothing, is judged by that too: %s', (share, code) => {
    // GIVEN the mean of the three workers is low
    const moving = withPolicy({ removalsAtOnce: 2 });
    expect(verdictOf(a, busy(share), moving)?.code).toBe(code);
    expect(verdictOf(b, busy(share), moving)?.code).toBe('node-chosen');
  });

  it('says how much, and has not been unneeded meanwhile', () => {
    expect(verdictOf(a, busy(0.6))?.text).toBe('The CPU of the node is 60 %, not below 30 %.');
    expect(Object.keys(plan(busy(0.6), config).memory.unneededSince)).toEqual([nodeOf(b).name]);
  });
});

describe('a pod that runs only where there is room', () => {
  it('keeps no worker: it holds nothing, and needs no other place', () => {
    // GIVEN it fills the worker, and the other has no room for it
    const filler = { requests: { cpuMilli: 1900, memoryBytes: MI, pods: 1 } };
    const snapshot = (priority: number) =>
      idle({ instances: [a], pods: [...podsOf(base, 2), ...podsOf(a, 1, { ...filler, priority })] });
    expect(verdictOf(a, snapshot(-11))?.code).toBe('node-chosen');
    // THEN one that matters does
    expect(verdictOf(a, snapshot(-10))?.code).toBe('node-busy');
    expect(verdictOf(a, snapshot(-10), withPolicy({ unneededBelow: 99 }))?.code).toBe('node-pods-do-not-fit');
  });
});

describe('a worker with a pod that is to be on a host of its own', () => {
  const hosts = workers('1', '2', '3', '4') as [Instance, Instance, Instance, Instance];
  const named = (of: Instance, over: Partial<Node> = {}) =>
    nodeOf(of, { ...over, labels: { ...nodeOf(of).labels, [LABEL.hostname]: nodeOf(of).name } });
  const selector = [{ key: 'app', operator: 'In' as const, values: ['web'] }];
  /** One on each of the first three; the base worker is no host for them. */
  const spread = (honorTaints: boolean, instances: Instance[]) => {
    const constraint = {
      topologyKey: LABEL.hostname,
      selector,
      maxSkew: 1,
      minDomains: 1,
      honorAffinity: true,
      honorTaints,
    };
    const over = { spread: [constraint], nodeSelector: { [LABEL.managed]: 'true' } };
    const nodes = [named(base), ...instances.map((of) => named(of))];
    return idle({ instances, nodes, pods: hosts.slice(0, 3).flatMap((of) => podsOf(of, 1, over)) });
  };

  it('stays: its Node remains a host to the scheduler for as long as it drains', () => {
    const snapshot = spread(false, hosts.slice(0, 3));
    expect(chosen(snapshot)).toEqual([]);
    expect(hosts.slice(0, 3).map((of) => verdictOf(of, snapshot)?.code)).toEqual(Array(3).fill('node-pods-do-not-fit'));
  });

  it('stays while an empty one beside it goes', () => {
    expect(chosen(spread(false, hosts), withPolicy({ removalsAtOnce: 4 }))).toEqual([hosts[3].id]);
  });

  it('goes where the pod does not count hosts that it may not go to', () => {
    expect(chosen(spread(true, hosts.slice(0, 3)))).toEqual([hosts[0].id]);
  });

  it('would have to be replaced if it went: cordoned, its pod fits no other', () => {
    // GIVEN somebody drains the first of them
    const snapshot = spread(false, hosts.slice(0, 3));
    if (!snapshot.kubernetes.known) throw new Error('no view');
    const { nodes, pods } = snapshot.kubernetes.value;
    const [lost, ...others] = pods as [Pod, ...Pod[]];
    const { nodeName: _, ...waiting } = { ...lost, phase: 'Pending' as const, unschedulableSince: T0 - MINUTE };
    const drained = nodes.map((node) => (node.name === lost.nodeName ? { ...node, unschedulable: true } : node));
    const after = idle({ instances: hosts.slice(0, 3), nodes: drained, pods: [...others, waiting] });
    // THEN
    expect(plan(after, config).intents.map(({ kind }) => kind)).toEqual(['launch']);
  });
});

describe('a worker whose pods have no other place stays', () => {
  const stays = (snapshot: Snapshot, settings = two) => {
    expect(chosen(snapshot, settings)).not.toContain(a.id);
    expect(verdictOf(a, snapshot, settings)?.code).toBe('node-pods-do-not-fit');
  };

  it('[55] when every other node is full, and the pod is named', () => {
    const snapshot = idle({ instances: [a], pods: [...fullBase(), ...podsOf(a, 1, { name: 'last' })] });
    stays(snapshot);
    expect(verdictOf(a, snapshot)?.text).toContain('default/last');
  });

  it('[56] when the only node with room is itself being removed', () => {
    const pods = [...fullBase(), ...podsOf(a, 2)];
    const leaving = nodeOf(b, { unschedulable: true });
    const operations = [removing({ node: leaving, instance: b.id })];
    stays(idle({ instances: [a, b], nodes: [nodeOf(base), nodeOf(a), leaving], pods, state: { operations } }));
    // THEN it may go to one that stays
    const kept = nodeOf(b, { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } });
    expect(chosen(idle({ instances: [a, b], nodes: [nodeOf(base), nodeOf(a), kept], pods }))).toEqual([a.id]);
  });

  it('[57] when another went first and took the room: of two that fit only one at a time, one is removed', () => {
    // GIVEN room for two pods, and two on each of two workers
    const pods = [...podsOf(base, 6), ...podsOf(a, 2), ...podsOf(b, 2)];
    const snapshot = idle({ instances: [a, b], pods });
    // THEN
    expect(chosen(snapshot, two)).toEqual([a.id]);
    expect(verdictOf(b, snapshot, two)?.code).toBe('node-pods-do-not-fit');
    // THEN with room for four, both
    expect(chosen(idle({ instances: [a, b], pods: pods.slice(2) }), two)).toEqual([a.id, b.id]);
  });

  it('[59] when they would need a node that is not Ready', () => {
    const silent = nodeOf(b, { ready: false });
    const nodes = [nodeOf(base), nodeOf(a), silent];
    stays(idle({ instances: [a, b], nodes, pods: [...fullBase(), ...podsOf(a, 1)] }));
  });

  it('[59] when they would need a node that is on its way', () => {
    const coming = instance('i-ce3', { launchedAt: T0 - MINUTE });
    const operations = [launching({ instances: [coming.id], reason: 'cpu-high' })];
    const nodes = [nodeOf(base), nodeOf(a)];
    const since = { [nodeOf(a).name]: T0 - 10 * MINUTE };
    const state = { operations, unneededSince: since };
    stays(idle({ instances: [a, coming], nodes, pods: [...fullBase(), ...podsOf(a, 1)], state }));
  });

  const selector = [{ key: 'app', operator: 'In' as const, values: ['web'] }];
  const apart = { selector, namespaces: ['default'], topologyKey: LABEL.hostname };
  const tainted: Taint[] = [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }];
  const needs: [string, Partial<Pod>, Partial<Node>][] = [
    ['a label that no other has', { nodeSelector: { disk: 'ssd' } }, {}],
    ['a zone that no other is in', { volumeTerms: [[zoneIs('us-east-1b')]] }, {}],
    ['not to be beside a pod of its kind', { antiAffinity: [apart] }, {}],
    ['more memory than is free', { requests: { cpuMilli: 10, memoryBytes: 3700 * MI, pods: 1 } }, {}],
    ['to tolerate the taint of the other', {}, { taints: tainted }],
  ];
  it.each(needs)('[60] or a running pod would be pending: it needs %s', (_, mine, other) => {
    // GIVEN a base worker with room, and a threshold that the memory of the pod alone does not pass
    const beside = pod({ nodeName: nodeOf(base).name, labels: { app: 'web' } });
    const hostname = (of: Instance, over: Partial<Node> = {}) =>
      nodeOf(of, { ...over, labels: { ...nodeOf(of).labels, [LABEL.hostname]: nodeOf(of).name } });
    const nodes = [hostname(base, other), hostname(a)];
    const snapshot = (over: Partial<Pod>) => idle({ instances: [a], nodes, pods: [beside, ...podsOf(a, 1, over)] });
    stays(snapshot(mine), withPolicy({ unneededBelow: 99 }));
    // THEN a pod without that need may move
    const easy = Object.keys(mine).length === 0 ? { tolerations: [{ operator: 'Exists' as const }] } : {};
    expect(chosen(snapshot(easy))).toEqual([a.id]);
  });

  it('[66] when a host port is taken on every other: the set is unchanged, and each says why', () => {
    // GIVEN one proxy with the port on each node, and hardly any load
    const all = [base, a, b];
    const pods = all.map((of) =>
      pod({ name: `proxy-${of.id}`, nodeName: nodeOf(of).name, hostPorts: ['TCP/0.0.0.0/80'] }),
    );
    const result = plan(idle({ instances: [a, b], pods }), two);
    // THEN
    expect(result.intents).toEqual([]);
    for (const each of [a, b]) {
      expect(result.nodes[nodeOf(each).name]).toMatchObject({
        code: 'node-pods-do-not-fit',
        text: expect.stringContaining(`proxy-${each.id}`),
      });
    }
  });
});

describe('a decision that is overtaken', () => {
  it('[62] is dropped: needed for one tick of the wait, the worker is waited for anew', () => {
    // GIVEN nine minutes of the wait are over when pods come
    const busy = idle({ instances: [a], unneededFor: 9 * MINUTE, pods: podsOf(a, 4) });
    const { unneededSince } = plan(busy, config).memory;
    expect(unneededSince).toEqual({});
    // THEN they are gone two minutes later
    const again = later(idle({ instances: [a], state: { unneededSince } }), 2 * MINUTE);
    expect(verdictOf(a, again)?.code).toBe('node-unneeded-wait');
  });

  it('[62] is taken back after the cordon, when the pods that the next look shows fit nowhere', async () => {
    // GIVEN the base worker fills and a pod comes between the decision and the cordon
    const snapshot = idle({ instances: [a] });
    const cordoned = nodeOf(a, { unschedulable: true, annotations: { 'k3s-autoscaler/operation': 'removal-id-2@7' } });
    const nodes = [nodeOf(base), cordoned];
    const { kubernetes: again } = idle({ instances: [a], nodes, pods: [...fullBase(), ...podsOf(a, 1)] });
    const { calls, result } = await run(snapshot, { again });
    // THEN
    expect(calls.filter((call) => !['save', 'release'].includes(call))).toEqual([
      `cordon ${nodeOf(a).name} removal-id-2@7`,
      `uncordon ${nodeOf(a).name}`,
    ]);
    expect(result.operations).toMatchObject([{ phase: 'rolled-back' }]);
  });
});

describe('a pending pod', () => {
  it('[63] whose place is on the worker keeps it', () => {
    const snapshot = idle({ instances: [a], pods: [...fullBase(), pending({ name: 'next' })] });
    expect(plan(snapshot, config).pods['default/next']?.code).toBe('pod-fits-existing');
    expect(chosen(snapshot)).toEqual([]);
  });

  it('[63] that the scheduler makes room for on the worker keeps it', () => {
    const nominated = pending({ name: 'next', nominatedNode: nodeOf(a).name });
    const snapshot = idle({ instances: [a], pods: [...fullBase(), nominated] });
    expect(plan(snapshot, config).pods['default/next']?.code).toBe('pod-nominated');
    expect(chosen(snapshot)).toEqual([]);
  });

  const large = { requests: { cpuMilli: 1900, memoryBytes: MI, pods: 1 } };
  const waits: [string, Partial<Pod>][] = [
    ['waits for a node that is launched', large],
    ['has just come', { unschedulableSince: T0 - 1000 }],
    ['fits a node that is there', {}],
  ];
  it.each(waits)('[64] anywhere lets no removal begin in this tick: one that %s', (_, over) => {
    const pods = [...podsOf(base, 1), ...podsOf(a, 1), ...podsOf(b, 1), pending({ name: 'next', ...over })];
    const snapshot = idle({ instances: [a, b], pods });
    expect(chosen(snapshot, two)).toEqual([]);
    expect(verdictOf(a, snapshot, two)?.code).toBe('node-needed');
  });

  const helpless: [string, Partial<Pod>][] = [
    ['fits no node that there could be', { requests: { cpuMilli: 64_000, memoryBytes: MI, pods: 1 } }],
    ['is of less worth than a node', { priority: -11 }],
    ['waits for its scheduling gates', { gated: true }],
    ['has had room for ten minutes and was not placed', { unschedulableSince: T0 - 10 * MINUTE }],
  ];
  it.each(helpless)('[64] that no node would help holds none: one that %s', (_, over) => {
    expect(chosen(idle({ instances: [a, b], pods: [pending(over)] }), two)).toEqual([a.id, b.id]);
  });

  it('[64] lets none begin either where a limit leaves it without a node', () => {
    const pods = [...podsOf(a, 1), pending({ requests: { cpuMilli: 1900, memoryBytes: MI, pods: 1 } })];
    const snapshot = idle({ instances: [a], pods: [...fullBase(), ...pods] });
    expect(chosen(snapshot, { ...config, limits: { maxNodes: 2 } })).toEqual([]);
  });
});

describe('the room that is to be kept free', () => {
  const spare = (cores: number) =>
    withPolicy({ headroom: { cpuMilli: cores * 1000, memoryBytes: 0, pods: 0 }, removalsAtOnce: 9 });

  it.each([
    [0, ['i-a', 'i-b']],
    [1, ['i-a', 'i-b']],
    [2, ['i-a', 'i-b']],
    [3, ['i-a']],
    [4, ['i-a']],
    [5, []],
    [6, []],
  ])('of %d cores keeps the workers that hold it; of two beside an empty base worker %j go', (cores, gone) => {
    expect(chosen(idle({ instances: [a, b] }), spare(cores))).toEqual(gone);
  });

  it('goes before a removal, and the reason says so', () => {
    expect(verdictOf(b, idle({ instances: [a, b] }), spare(3))).toMatchObject({
      code: 'node-pods-do-not-fit',
      text: expect.stringContaining('headroom'),
    });
  });
});

describe('the minimum of a pool', () => {
  it.each([
    [0, 3],
    [1, 2],
    [2, 1],
    [3, 0],
  ])('[65] of %d is reached exactly: of three idle workers that may all go at once, %d go', (min, count) => {
    const snapshot = idle({ instances: workers('a', 'b', 'c') });
    expect(chosen(snapshot, withMinimum(min, { removalsAtOnce: 9 }))).toHaveLength(count);
  });

  it('[65] counts the one that is leaving already, so that two who race never go below it', () => {
    // GIVEN two workers, of which a tick before has chosen one
    const operations = [removing({ node: nodeOf(a), instance: a.id, phase: 'chosen' })];
    const snapshot = idle({ instances: [a, b], state: { operations } });
    expect(verdictOf(b, snapshot, withMinimum(1, { removalsAtOnce: 9 }))?.code).toBe('node-pool-minimum');
  });
});

function zoneIs(zone: string) {
  return { labels: [{ key: LABEL.zone, operator: 'In' as const, values: [zone] }], fields: [] };
}
