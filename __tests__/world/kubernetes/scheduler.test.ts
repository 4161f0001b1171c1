import type { PodTemplate, WorkloadStep } from '../../../src/world/scenario/types';
import { newWorld, seconds, web } from '../builders';

const placed = (pod: PodTemplate, replicas = 3, more: Partial<WorkloadStep> = {}) => {
  const world = newWorld({ baseWorkers: 2 });
  world.workload(web(replicas, { pod, ...more }));
  world.clock.advanceTo(seconds(60));
  const pods = world.kubernetes.list('pods', { namespace: 'default' }).items as unknown as {
    metadata: { name: string };
    spec: { nodeName?: string };
    status: { conditions: { type: string; reason?: string; message?: string }[] };
  }[];
  const messages = pods
    .flatMap(({ status }) => status.conditions)
    .filter(({ type, message }) => type === 'PodScheduled' && message)
    .map(({ message }) => message);
  return { world, pods, nodes: pods.map(({ spec }) => spec.nodeName).filter(Boolean), messages };
};
const labels = { app: 'web' };
const TAINTED = '1 node(s) had untolerated taint(s)';

describe('the scheduler', () => {
  it.each<[string, PodTemplate, number, string | undefined]>([
    ['cpu', { cpu: '1500m' }, 2, `0/3 nodes are available: ${TAINTED}, 2 Insufficient cpu.`],
    ['memory', { memory: '3Gi' }, 2, `0/3 nodes are available: ${TAINTED}, 2 Insufficient memory.`],
    [
      'host ports',
      { hostPorts: [80] },
      2,
      `0/3 nodes are available: ${TAINTED}, 2 node(s) didn't have free ports for the requested pod ports.`,
    ],
    [
      'a node selector',
      { nodeSelector: { disk: 'ssd' } },
      0,
      `0/3 nodes are available: ${TAINTED}, 2 node(s) didn't match Pod's node affinity/selector.`,
    ],
    [
      'required anti-affinity',
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
            ],
          },
        },
      },
      2,
      `0/3 nodes are available: ${TAINTED}, 2 node(s) didn't match pod anti-affinity rules.`,
    ],
    ['tolerations', { cpu: '1500m', tolerations: [{ operator: 'Exists' }] }, 3, undefined],
    [
      'affinity to its own kind',
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: 'topology.kubernetes.io/zone', labelSelector: { matchLabels: labels } },
            ],
          },
        },
      },
      3,
      undefined,
    ],
    [
      'a missing claim',
      { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'x' } }] },
      0,
      `0/3 nodes are available: ${TAINTED}, 2 persistentvolumeclaim "x" not found.`,
    ],
    ['a gate', { schedulingGates: [{ name: 'wait' }] }, 0, 'Scheduling is blocked due to non-empty scheduling gates'],
  ])('obeys %s', (_what, pod, count, message) => {
    const { nodes, messages } = placed(pod);
    expect(nodes).toHaveLength(count);
    expect(messages[0]).toBe(message);
  });

  it('keeps within the skew of a topology spread', () => {
    const spread = [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: labels },
      },
    ];
    const { nodes } = placed({ topologySpreadConstraints: spread, tolerations: [{ operator: 'Exists' }] }, 6);
    // Zone a has two nodes and zone b one: three pods each, not two on each node.
    expect(nodes).toHaveLength(6);
    expect(Math.max(...[...new Set(nodes)].map((node) => nodes.filter((n) => n === node).length))).toBe(3);
  });

  it('names a StatefulSet’s pods in order and puts one DaemonSet pod on each node it may', () => {
    expect(placed({ cpu: '100m' }, 3, { workload: 'statefulSet' }).pods.map(({ metadata }) => metadata.name)).toEqual([
      'web-0',
      'web-1',
      'web-2',
    ]);
    expect(new Set(placed({ cpu: '100m' }, 1, { workload: 'daemonSet' }).nodes).size).toBe(2);
    expect(placed({ cpu: '100m' }, 2, { workload: 'job' }).nodes).toHaveLength(2);
    expect(placed({ cpu: '100m' }, 2, { workload: 'pod' }).pods.map(({ metadata }) => metadata.name)).toEqual([
      'web',
      'web-1',
    ]);
  });
});
