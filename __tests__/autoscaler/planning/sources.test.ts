import type { Verdict } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { DaemonSet, KubernetesView, Pod, PodDisruptionBudget } from '../../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { base, config, fillOf, instance, MI, nodeOf, pending, pod, scene } from '../builders';
import { idle } from '../idle';

/**
 * A list that is read in pages shows something twice. Of a t3.medium pods get 2000m; what is pending is `p`, and the base
 * worker is full.
 */

const worker = instance('i-a');
const on = nodeOf(worker).name;
const cores = (cpuMilli: number): Partial<Pod> => ({ requests: { cpuMilli, memoryBytes: 128 * MI, pods: 1 } });
const p = (cpuMilli: number): Pod => pending({ name: 'p', ...cores(cpuMilli) });
const agent: DaemonSet = {
  namespace: 'kube-system',
  name: 'agent',
  requests: { cpuMilli: 600, memoryBytes: MI, pods: 1 },
  nodeSelector: {},
  tolerations: [],
};

/** What `p` is told. */
const told = (
  pods: Pod[],
  { instances = [worker], nodes, view = {} }: Parameters<typeof scene>[0] = {},
  settings: RuntimeConfig = config,
): string | undefined =>
  plan(scene({ instances, pods: [fillOf(base), ...pods], view, ...(nodes && { nodes }) }), settings).pods['default/p']
    ?.code;

describe('what is listed twice is reckoned once', () => {
  const running = pod({ name: 'running', nodeName: on, ...cores(1200) });

  it('a pod that runs takes its room once: 2000m - 1200m hold 700m', () => {
    expect(told([running, running, p(700)])).toBe('pod-fits-existing');
  });

  it('a node gives its room once: 2000m do not hold 1200m twice', () => {
    const node = nodeOf(worker);
    const other = pending({ name: 'a', ...cores(1200) });
    expect(told([other, p(1200)], { nodes: [nodeOf(base), node, node] })).toBe('pod-gets-node');
  });

  it('a DaemonSet takes its room of a new node once: 2000m - 600m hold 1000m', () => {
    expect(told([p(1000)], { instances: [], view: { daemonSets: [agent, agent] } })).toBe('pod-gets-node');
  });

  it('an instance takes of a limit once: of six vCPUs base and worker have four', () => {
    const limited = { ...config, limits: { maxNodes: 10, cores: 6 } };
    expect(told([running, p(1200)], {}, limited)).toBe('pod-gets-node');
    expect(told([running, p(1200)], { instances: [worker, worker] }, limited)).toBe('pod-gets-node');
  });

  it('a pod that waits asks once', () => {
    const snapshot = scene({ pods: [fillOf(base), p(1200), p(1200)] });
    expect(plan(snapshot, config).facts).toMatchObject({ demand: 1, pendingPods: 1 });
  });

  it('a budget is one budget, not two that together let nobody go', () => {
    const budget: PodDisruptionBudget = { namespace: 'default', name: 'web', selector: [], disruptionsAllowed: 1 };
    const verdict = (budgets: KubernetesView['budgets']): Verdict | undefined =>
      plan(idle({ instances: [worker], pods: [pod({ nodeName: on })], view: { budgets } }), config).nodes[on];
    expect(verdict([budget, budget])).toEqual(verdict([budget]));
    expect(verdict([budget, { ...budget, name: 'other' }])?.code).toBe('node-budget-blocks');
  });

  it('what it says last counts: a pod that was bound between two pages waits no more', () => {
    const bound = { ...p(1200), nodeName: on };
    delete bound.unschedulableSince;
    expect(told([p(1200), bound])).toBeUndefined();
  });
});
