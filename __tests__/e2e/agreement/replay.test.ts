import type { Node, Pod, PodSpec } from '../../../src/world/kubernetes/objects';
import { replay } from './replay';

const node = (name: string): Node =>
  ({
    metadata: { name, uid: name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '110' }, conditions: [], addresses: [] },
  }) as unknown as Node;

const pod = (name: string, app: string, spec: Partial<PodSpec> = {}): Pod =>
  ({
    metadata: { name, namespace: 'default', uid: name, labels: { app } },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '500m', memory: '1Gi' } } }], ...spec },
    status: { phase: 'Pending', conditions: [] },
  }) as unknown as Pod;

const nearDb: Partial<PodSpec> = {
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } },
      ],
    },
  },
};

/** Two nodes that are alike, and before two pods of a database one that wants to be near it. */
const queue = [pod('web', 'web', nearDb), pod('db-1', 'db'), pod('db-2', 'db')];
const cluster = { objects: { nodes: [node('n1'), node('n2')], pods: queue, namespaces: [] }, queue };

const replayed = (attempts: string[], nodes: Record<string, string>, refused: Record<string, string> = {}) => {
  const key = (name: string) => `default/${name}`;
  return replay(cluster, {
    attempts: attempts.map(key),
    bound: Object.entries(nodes).map(([name, to]) => ({ pod: key(name), node: to })),
    refused: new Map(Object.entries(refused).map(([name, message]) => [key(name), message])),
  });
};

describe('the world is asked about each attempt of the real scheduler', () => {
  it('in its turn, also where a refused pod is tried again before others that waited', () => {
    // GIVEN the pod that came first gets a place as soon as there is company, and draws the other one to it
    const nodes = { 'db-1': 'n1', web: 'n1', 'db-2': 'n1' };
    // WHEN
    const asTried = replayed(['web', 'db-1', 'web', 'db-2'], nodes);
    const asQueued = replayed(['web', 'db-1', 'db-2', 'web'], nodes);
    // THEN
    expect(asTried).toEqual({ disagreements: [], otherNode: [] });
    expect(asQueued).toEqual({
      disagreements: [],
      otherNode: ['default/db-2: bound to n1, and the world likes n2 best'],
    });
  });

  it.each<[string, Parameters<typeof replayed>, string]>([
    [
      'a binding that its filters refuse',
      [['web', 'db-1', 'db-2'], { web: 'n1', 'db-1': 'n2', 'db-2': 'n1' }],
      "default/web: bound to n1, which the world refuses: node(s) didn't match pod affinity rules",
    ],
    [
      'an attempt that was refused, and they accept',
      [['db-1', 'web', 'web', 'db-2'], { 'db-1': 'n1', web: 'n1', 'db-2': 'n1' }],
      'default/web: refused by attempt 1, and the world would take it onto n1',
    ],
    [
      'a pod that was left and not tried again',
      [['web', 'db-1', 'db-2'], { 'db-1': 'n1', 'db-2': 'n2' }, { web: 'no' }],
      'default/web: the world would take it onto n1, n2, and the scheduler says: no',
    ],
    [
      'a binding of which no attempt is known',
      [['web', 'db-1', 'web'], { 'db-1': 'n1', web: 'n1', 'db-2': 'n2' }],
      'default/db-2: bound to n2, and the scheduler did not say when it tried',
    ],
  ])('and objects to %s', (_, given, said) => {
    expect(replayed(...given).disagreements).toEqual([said]);
  });
});
