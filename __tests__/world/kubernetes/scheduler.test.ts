import type { PodTemplate, WorkloadStep } from '../../../src/world/scenario/types';
import type { World } from '../../../src/world/world';
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

  describe('with claims', () => {
    const TOLERANT = [{ operator: 'Exists' }];
    const claiming = (storageClassName?: string): PodTemplate => ({
      cpu: '100m',
      tolerations: TOLERANT,
      volumes: [
        { name: 'v', persistentVolumeClaim: { claimName: 'data', ...(storageClassName && { storageClassName }) } },
      ],
    });
    const zoneOf = (world: World, node: string | undefined) =>
      world.kubernetes.get('nodes', node ?? '').metadata.labels?.['topology.kubernetes.io/zone'];

    it('keeps the pods of a Deployment on the node of their volume', () => {
      // GIVEN three pods with one claim
      const { world, nodes } = placed(claiming());
      // THEN the first took the volume with it, and the others followed
      expect(nodes).toHaveLength(3);
      expect(new Set(nodes).size).toBe(1);
      expect(world.kubernetes.list('persistentvolumeclaims').items).toMatchObject([
        {
          metadata: { name: 'data', namespace: 'default', annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
          spec: { storageClassName: 'local-path' },
          status: { phase: 'Bound' },
        },
      ]);
      expect(world.kubernetes.list('persistentvolumes').items).toMatchObject([{ spec: { hostPath: {} } }]);
    });

    it('lets pods move within the zone of a volume of the cloud', () => {
      const { world, nodes } = placed(claiming('gp3'), 4);
      expect(new Set(nodes.map((node) => zoneOf(world, node))).size).toBe(1);
      expect(world.kubernetes.list('persistentvolumes').items).toMatchObject([{ spec: { csi: {} } }]);
    });

    it('gives each pod of a StatefulSet its own, which waits for it when the pod is gone', () => {
      // GIVEN
      const { world, nodes } = placed(claiming(), 2, { workload: 'statefulSet' });
      const names = () => world.kubernetes.list('persistentvolumeclaims').items.map(({ metadata }) => metadata.name);
      expect(names()).toEqual(['data-web-0', 'data-web-1']);
      // WHEN a pod is deleted and made anew
      world.kubernetes.remove('pods', 'web-1', {}, 'default');
      world.clock.advanceTo(seconds(120));
      // THEN it is back on its node, with no new claim
      expect(world.kubernetes.get('pods', 'web-1', 'default')).toMatchObject({ spec: { nodeName: nodes[1] } });
      expect(names()).toEqual(['data-web-0', 'data-web-1']);
    });

    it.each([
      ['that is of no class', 'typo', '3 pod has unbound immediate PersistentVolumeClaims'],
      ['that is gone', undefined, '3 persistentvolumeclaim "data" not found'],
    ])('waits for a claim %s', (_, storageClassName, message) => {
      // GIVEN
      const { world } = placed(claiming(storageClassName), 1);
      world.kubernetes.remove('persistentvolumeclaims', 'data', {}, 'default');
      if (storageClassName) world.workload(web(1, { pod: claiming(storageClassName) }));
      // WHEN a new pod comes
      for (const { metadata } of world.kubernetes.list('pods', { namespace: 'default' }).items) {
        world.kubernetes.remove('pods', metadata.name, { gracePeriodSeconds: 0 }, 'default');
      }
      // THEN
      const [pod] = world.kubernetes.list('pods', { namespace: 'default' }).items;
      expect(JSON.stringify(pod?.status)).toContain(JSON.stringify(message).slice(1, -1));
    });
  });
});
