import type { Node, Pod, PodSpec } from '../../../../src/world/kubernetes/objects';
import { nodeState } from '../../../../src/world/kubernetes/scheduler/facts';
import { best, favourites } from '../../../../src/world/kubernetes/scheduler/score';

/** Which of two empty nodes kube-scheduler would take, each with so many cores and GiB; what it took was watched. */

const ZONE = 'topology.kubernetes.io/zone';

const pod = (requests: Record<string, string>, spec: Partial<PodSpec> = {}, app = 'web'): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'p', labels: { app } },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests } }], ...spec },
    status: { phase: 'Running', conditions: [] },
  }) as unknown as Pod;

interface Machine {
  cores: number;
  gib: number;
  pods?: Pod[];
  labels?: Record<string, string>;
  taints?: Node['spec']['taints'];
}

function states(machines: Record<string, Machine>) {
  return Object.entries(machines).map(([name, { cores, gib, pods = [], labels = {}, taints = [] }]) =>
    nodeState(
      {
        metadata: { name, uid: name, labels: { [ZONE]: name, ...labels } },
        spec: { taints },
        status: { allocatable: { cpu: `${cores}`, memory: `${gib}Gi`, pods: '110' }, conditions: [], addresses: [] },
      } as unknown as Node,
      pods,
    ),
  );
}

function taken(coming: Pod, machines: Record<string, Machine>): string[] {
  const nodes = states(machines);
  return favourites(coming, nodes, { nodes, find: () => undefined }).map(({ node }) => node.metadata.name);
}

const prefers = (...preferred: [weight: number, key: string][]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: preferred.map(([weight, key]) => ({
        weight,
        preference: { matchExpressions: [{ key, operator: 'Exists' }] },
      })),
    },
  },
});

describe('of the nodes that fit', () => {
  it('the emptier is taken, but one is preferred whose cores and memory are used more alike with the pod', () => {
    // GIVEN the free share is the same to the point, 86 of 100
    const needsCores = pod({ cpu: '1' });
    const usedMemory = pod({ memory: '1Gi' });
    expect(taken(needsCores, { bare: { cores: 4, gib: 8 }, filled: { cores: 8, gib: 8, pods: [usedMemory] } })).toEqual(
      ['filled'],
    );
  });

  it('a pod that asks for nothing goes to the emptier one, whatever its balance', () => {
    const lopsided = pod({ cpu: '100m', memory: '5Gi' });
    expect(taken(pod({}), { full: { cores: 4, gib: 8, pods: [lopsided] }, empty: { cores: 4, gib: 8 } })).toEqual([
      'empty',
    ]);
  });

  it('a preference counts by its share of the largest, so that a small difference does not outweigh room', () => {
    // GIVEN 90 of 100 is 20 points behind of 200, and the other is 25 % emptier
    const coming = pod({ cpu: '1', memory: '1Gi' }, prefers([10, 'new'], [90, 'fast']));
    const machines = {
      liked: { cores: 4, gib: 4, labels: { new: 'y', fast: 'y' }, pods: [pod({ cpu: '2', memory: '2Gi' })] },
      roomy: { cores: 4, gib: 4, labels: { fast: 'y' } },
    };
    expect(taken(coming, machines)).toEqual(['roomy']);
  });

  it('one without a taint that pods rather avoid is taken before emptier ones with one', () => {
    const soft = (...keys: string[]) => keys.map((key) => ({ key, effect: 'PreferNoSchedule' as const }));
    const machines = {
      clean: { cores: 4, gib: 4, pods: [pod({ cpu: '3', memory: '3Gi' })] },
      once: { cores: 4, gib: 4, taints: soft('a') },
      twice: { cores: 4, gib: 4, taints: soft('a', 'b') },
    };
    expect(taken(pod({ cpu: '100m', memory: '100Mi' }), machines)).toEqual(['clean']);
  });

  it('one is preferred where a pod is that had to be near such pods', () => {
    const near = {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: ZONE, labelSelector: { matchLabels: { app: 'web' } } },
          ],
        },
      },
    };
    const sociable = pod({ cpu: '1', memory: '1Gi' }, near, 'other');
    expect(
      taken(pod({ cpu: '1', memory: '1Gi' }), { a: { cores: 4, gib: 4 }, b: { cores: 4, gib: 4, pods: [sociable] } }),
    ).toEqual(['b']);
  });

  it('of equals the first by name is taken, so that a run can be repeated', () => {
    const nodes = states({ b: { cores: 4, gib: 4 }, a: { cores: 4, gib: 4 } });
    const view = { nodes, find: () => undefined };
    expect(favourites(pod({ cpu: '1' }), nodes, view)).toHaveLength(2);
    expect(best(pod({ cpu: '1' }), nodes, view).node.metadata.name).toBe('a');
  });
});
