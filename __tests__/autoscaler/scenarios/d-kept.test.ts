import { LABEL } from '../../../src/autoscaler/names';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Instance, Pod } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import { base, config, instance, MINUTE, movedTo, nodeOf, pending, pod, scene, T0, times } from '../builders';
import { chosen, fullBase, idle, podsOf, verdictOf, withPolicy, workers } from '../idle';
import { run } from '../ports';

/**
 * What is never removed, and when nothing is. The numbers are those of the list of scenarios by which autoscalers are
 * compared.
 */

const [a, b] = workers('a', 'b') as [Instance, Instance];
const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const everything = withPolicy({ evict: { localStorage: true, barePods: true, systemPods: true } });

describe('a node that is no candidate', () => {
  const server = nodeOf(instance('i-5e12', { role: 'server' }), {
    name: 'server-1',
    labels: { [LABEL.controlPlane]: 'true' },
  });
  const foreign = nodeOf(instance('i-f0', { role: 'base' }), { name: 'somebody-elses' });

  it('[67] is the server, a base worker, and one that the autoscaler did not make, however idle', () => {
    const nodes = [server, nodeOf(base), foreign];
    const since = Object.fromEntries(nodes.map(({ name }) => [name, T0 - 60 * MINUTE]));
    const result = plan(idle({ nodes, state: { unneededSince: since } }), everything);
    expect(result.intents).toEqual([]);
    expect(nodes.map(({ name }) => result.nodes[name]?.code)).toEqual(['node-server', 'node-base', 'node-foreign']);
    expect(result.memory.unneededSince).toEqual({});
  });

  it.each(['cluster-autoscaler.kubernetes.io/scale-down-disabled', 'karpenter.sh/do-not-disrupt'])(
    'is one that is annotated %s, and only with "true"',
    (mark) => {
      const marked = (value: string) =>
        idle({ instances: [a], nodes: [nodeOf(base), nodeOf(a, { annotations: { [mark]: value } })] });
      expect(verdictOf(a, marked('true'))).toMatchObject({
        code: 'node-do-not-disrupt',
        text: expect.stringContaining(mark),
      });
      expect(plan(marked('true'), config).memory.unneededSince).toEqual({});
      expect(chosen(marked('false'))).toEqual([a.id]);
    },
  );
});

describe('a pod that must not be moved keeps its node', () => {
  const bare = (): Pod => {
    const { owner: _, ...rest } = pod({ nodeName: nodeOf(a).name });
    return rest;
  };
  const of = (over: Partial<Pod>): Pod => pod({ nodeName: nodeOf(a).name, ...over });
  const on = (one: Pod) => idle({ instances: [a], pods: [one] });
  const job = { kind: 'Job', name: 'report', uid: 'job-report' };

  it('[67] Prometheus, by whose values it is decided, whatever else may be moved', () => {
    const prometheus = of({ namespace: 'monitoring', labels: { 'app.kubernetes.io/name': 'prometheus' } });
    expect(verdictOf(a, on(prometheus), everything)?.code).toBe('node-pod-blocks');
  });

  it('[68] a pod of the system that has no other place, even where the system may be moved', () => {
    const dns = of({ namespace: 'kube-system', name: 'coredns' });
    const alone = idle({ instances: [a], pods: [...fullBase(), dns] });
    expect(verdictOf(a, alone)?.code).toBe('node-pod-blocks');
    expect(verdictOf(a, alone, everything)).toMatchObject({
      code: 'node-pods-do-not-fit',
      text: expect.stringContaining('kube-system/coredns'),
    });
    // THEN with another place it moves where the policy or its own annotation allows it
    expect(chosen(on(dns))).toEqual([]);
    expect(chosen(on(dns), everything)).toEqual([a.id]);
    expect(chosen(on({ ...dns, annotations: { [SAFE_TO_EVICT]: 'true' } }))).toEqual([a.id]);
  });

  const kinds: [string, Pod, Partial<typeof config.policy.evict>][] = [
    ['a volume on the node', of({ localVolume: true }), { localStorage: true }],
    ['no controller', bare(), { barePods: true }],
    ['its place in kube-system', of({ namespace: 'kube-system' }), { systemPods: true }],
  ];
  it.each(kinds)('[69] for %s, unless the policy or its annotation says otherwise', (_, mine, evict) => {
    const allowing = withPolicy({ evict: { ...config.policy.evict, ...evict } });
    const annotated = (key: string, value: string): Pod => ({ ...mine, annotations: { [key]: value } });
    expect(verdictOf(a, on(mine))?.code).toBe('node-pod-blocks');
    expect(chosen(on(mine), allowing)).toEqual([a.id]);
    expect(chosen(on(annotated(SAFE_TO_EVICT, 'true')))).toEqual([a.id]);
    // THEN an annotation goes before the policy
    for (const no of [annotated(SAFE_TO_EVICT, 'false'), annotated('karpenter.sh/do-not-disrupt', 'true')]) {
      expect(verdictOf(a, on(no), allowing)?.code).toBe('node-pod-blocks');
    }
  });

  it('[69] a Job that is not finished begins anew elsewhere, and stays where its annotation asks for it', () => {
    expect(chosen(on(of({ owner: job })))).toEqual([a.id]);
    const kept = of({ owner: job, annotations: { [SAFE_TO_EVICT]: 'false' } });
    expect(verdictOf(a, on(kept))).toMatchObject({
      code: 'node-pod-blocks',
      text: expect.stringContaining(SAFE_TO_EVICT),
    });
    // THEN not once it is finished
    expect(chosen(on({ ...kept, phase: 'Succeeded' }))).toEqual([a.id]);
  });

  it('[69] what cannot be weighed, whatever the policy', () => {
    const odd = of({ unsupported: ['a resource claim'] });
    expect(verdictOf(a, on(odd), everything)?.code).toBe('node-pod-blocks');
  });
});

describe('a cluster in which something larger is wrong', () => {
  /** So many nodes, base worker among them, of which the last are not Ready; a pod waits, and the minimum is not met. */
  const cluster = (count: number, unready: number) => {
    const all = times(count - 1, (i) => instance(`i-${String(i).padStart(2, '0')}`));
    const isSilent = (i: number) => i >= count - 1 - unready;
    const nodes = [nodeOf(base), ...all.map((of, i) => nodeOf(of, { ready: !isSilent(i) }))];
    const waiting = pending({ requests: { cpuMilli: 2000, memoryBytes: 0, pods: 1 }, nodeSelector: { none: 'such' } });
    return idle({ instances: all, nodes, pods: [waiting] });
  };
  const eager = withPolicy({ removalsAtOnce: 9 }, { limits: { maxNodes: 50 } });
  const holds = (count: number, unready: number): boolean =>
    plan(cluster(count, unready), eager).decision.code === 'mass-unready';

  it.each([
    [4, 3, false],
    [5, 4, true],
    [8, 4, true],
    [9, 4, false],
    [20, 9, false],
    [20, 10, true],
    [100, 45, false],
    [100, 46, true],
  ])('[70] of %d nodes with %d that are not Ready holds everything: %s', (count, unready, expected) => {
    expect(holds(count, unready)).toBe(expected);
  });

  it('[70] launches nothing, removes nothing, and says so of everything', () => {
    const snapshot = cluster(8, 4);
    const result = plan(snapshot, { ...eager, pools: eager.pools.map((pool) => ({ ...pool, min: 9 })) });
    expect(result.intents).toEqual([]);
    expect(result.decision.text).toContain('4 of 8 nodes are not Ready');
    expect(new Set(Object.values(result.nodes).map(({ code }) => code))).toEqual(new Set(['mass-unready']));
    expect(result.memory.unneededSince).toEqual({});
  });

  it('[70] does not count nodes whose instances have ended: those were taken, and are replaced', () => {
    const snapshot = cluster(8, 4);
    const instances = snapshot.instances.known ? snapshot.instances.value : [];
    const ended = instances.map((of, i): Instance => (i >= 4 ? { ...of, state: 'terminated' } : of));
    const gone = { ...snapshot, instances: { known: true, at: T0, value: ended } as const };
    expect(plan(gone, eager).decision.code).not.toBe('mass-unready');
  });
});

describe('a cluster that EC2 takes nodes from', () => {
  const spot = instance('i-5b07', { market: 'spot' });
  const together = { config: withPolicy({ removalsAtOnce: 9 }) };
  const rests = async (loss: Parameters<typeof idle>[0]) => {
    const ran = await run(idle(loss), together);
    expect(ran.calls.filter((call) => call.startsWith(`cordon ${nodeOf(a).name}`))).toEqual([]);
    expect(ran.result.plan?.nodes[nodeOf(a).name]?.code).toBe('cool-down');
    expect(ran.state.cooldownUntil).toEqual({ up: 0, down: T0 + 10 * MINUTE });
    return ran.state;
  };

  it('[71] with a warning removes none of its own for ten minutes', async () => {
    const notices = [{ instance: spot.id, kind: 'interruption' as const, at: T0 }];
    const { cooldownUntil } = await rests({ instances: [a, spot], state: { notices } });
    const at = (time: number) => chosen(movedTo(time, idle({ instances: [a], state: { cooldownUntil } })));
    expect(at(T0 + 10 * MINUTE - 1)).toEqual([]);
    expect(at(T0 + 10 * MINUTE)).toEqual([a.id]);
  });

  it('[71] without a warning does not either', async () => {
    const gone: Instance = { ...spot, state: 'terminated' };
    const nodes = [nodeOf(base), nodeOf(a), nodeOf(b), nodeOf(spot, { ready: false })];
    await rests({ instances: [a, b, gone], nodes });
  });

  it('[71] rests from the loss on, and not from each look at it', async () => {
    // GIVEN a minute ago it was told that a node goes, which is drained now
    const notices = [{ instance: spot.id, kind: 'interruption' as const, at: T0 }];
    const { state } = await run(idle({ instances: [a, spot], pods: podsOf(spot, 1), state: { notices } }));
    const next = movedTo(T0 + MINUTE, idle({ instances: [a, spot], pods: podsOf(spot, 1) }));
    const ran = await run({ ...next, state });
    expect(ran.state.cooldownUntil.down).toBe(T0 + 10 * MINUTE);
  });
});

describe('a start', () => {
  const metrics = { known: false, reason: 'empty', detail: 'no series' } as const;

  it('[75] without any metrics removes nothing', () => {
    const snapshot = idle({ instances: [a, b], snapshot: { metrics, state: emptyState() } });
    const result = plan(snapshot, config);
    expect(result.intents).toEqual([]);
    expect(result.hold?.code).toBe('data-doubtful');
    // THEN not even what has been unneeded for long
    expect(chosen({ ...idle({ instances: [a, b] }), metrics })).toEqual([]);
  });

  it('[75] with metrics and without a memory removes nothing for as long as a node must be unneeded', () => {
    const snapshot = scene({ instances: [a, b], cpu: 0.1 });
    const codes = Object.values(plan(snapshot, config).nodes).map(({ code }) => code);
    expect(codes).toEqual(['node-base', 'node-unneeded-wait', 'node-unneeded-wait']);
  });

  it('[75] with metrics that lack a worker removes nothing: absent is not idle', () => {
    const cpu = { [nodeOf(base).name]: 0.1, [nodeOf(a).name]: 0.1 };
    const snapshot = idle({ instances: [a, b], metrics: { cpu: { up: cpu, down: cpu } } });
    expect(chosen(snapshot)).toEqual([]);
  });
});
