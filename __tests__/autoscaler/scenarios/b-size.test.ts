import { ANNOTATION, LABEL } from '../../../src/autoscaler/names';
import { plan } from '../../../src/autoscaler/planning/planner';
import { type ClusterState, emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig, RuntimePool } from '../../../src/config/runtime';
import {
  base,
  burstPool,
  config,
  fillOf,
  instance,
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
} from '../builders';

/**
 * How much of a node is counted on, of one that is new and of one that leaves. The numbers are those of the list of
 * scenarios by which autoscalers are compared. Of a t3.medium pods get 2000m: eight of 250m.
 */

const burst: RuntimePool = { ...burstPool, max: 30 };
const only: RuntimeConfig = { ...config, limits: { maxNodes: 40 }, pools: [burst] };

const waiting = (pods: ReturnType<typeof pod>[], state: Partial<ClusterState> = {}) =>
  scene({ pods: [fillOf(base), ...pods], snapshot: { state: { ...emptyState(), ...state } } });

describe('the size of a new node', () => {
  const pods = times(14, () => pending());

  it('[35] of a pool that is empty is what its nodes once offered; of one that never had any, what its type is known for', () => {
    // GIVEN 14 pods of 250m: on 2000m of the table eight to a node, on the 1600m of what was there six, on 900m three
    const remembered = (cpuMilli: number) => ({
      allocatable: { 'burst/t3.medium': { cpuMilli, memoryBytes: 3000 * MI, pods: 110 } },
    });
    expect(nodesOf(plan(waiting(pods), only))).toEqual({ burst: 2 });
    expect(nodesOf(plan(waiting(pods, remembered(1600)), only))).toEqual({ burst: 3 });
    expect(nodesOf(plan(waiting(pods, remembered(900)), only))).toEqual({ burst: 5 });
  });

  it('[35] a cluster without any worker, for which a signal asks, gets one: there is nothing to multiply', () => {
    const signals = [{ name: 'queue', query: 'q', above: 10, windowMs: 5 * MINUTE }];
    const { pool: _, ...server } = instance('i-5e', { role: 'server' });
    const snapshot = scene({
      nodes: [],
      metrics: { signals: { queue: { known: true, now: 500, least: 500, most: 500 } } },
      snapshot: { instances: { known: true, at: T0, value: [server] } },
    });
    const result = plan(snapshot, {
      ...only,
      baseWorkers: { count: 0, instanceType: 't3.medium' },
      policy: { ...config.policy, signals },
    });
    expect([result.decision.code, nodesOf(result)]).toEqual(['signal-high', { burst: 1 }]);
  });

  it.each([
    ['on every node', {}, 3],
    ['on nodes of another pool only', { [LABEL.pool]: 'other' }, 2],
  ])('[37] is without what DaemonSets take %s', (_, nodeSelector, expected) => {
    const daemonSets = [
      {
        namespace: 'kube-system',
        name: 'agent',
        requests: { cpuMilli: 500, memoryBytes: 0, pods: 1 },
        nodeSelector,
        tolerations: [],
      },
    ];
    // THEN (2000 − 500) / 250 = 6 to a node, or 8
    const snapshot = scene({ pods: [fillOf(base), ...pods], view: { daemonSets } });
    expect(nodesOf(plan(snapshot, only))).toEqual({ burst: expected });
  });
});

describe('pods on a node that is being drained', () => {
  it.each([
    ['by our choice', {}, {}],
    ['because EC2 takes it', { cause: 'interruption' as const }, { burst: 1 }],
  ])('[37b] %s, and that a budget holds there', (_, over, nodes) => {
    // GIVEN eight pods of which none may be evicted now, and no room for them elsewhere
    const worker = instance('i-a');
    const node = nodeOf(worker, { unschedulable: true, annotations: { [ANNOTATION.operation]: 'removal-1@4' } });
    const pinned = times(8, () => pod({ nodeName: node.name }));
    const snapshot = scene({
      instances: [worker],
      nodes: [nodeOf(base), node],
      pods: [fillOf(base), ...pinned],
      view: {
        budgets: [
          {
            namespace: 'default',
            name: 'web',
            selector: [{ key: 'app', operator: 'In', values: ['web'] }],
            disruptionsAllowed: 0,
          },
        ],
      },
      snapshot: { state: { ...emptyState(), operations: [removing({ node, ...over })] } },
    });
    // THEN they run, so that nothing is bought for them unless their node goes whatever the budget says
    expect(nodesOf(plan(snapshot, only))).toEqual(nodes);
  });
});
