import type { Node, Pod, SpreadConstraint } from '../../../../src/world/kubernetes/objects';
import { nodeState } from '../../../../src/world/kubernetes/scheduler/facts';
import { spreadReasons } from '../../../../src/world/kubernetes/scheduler/spread';

/** Which nodes topology spread leaves to a pod labelled app=web: a1 and a2 in zone a, b1 in zone b. */

const ZONE = 'topology.kubernetes.io/zone';
const ALL = ['a1', 'a2', 'b1'];
const web = { matchLabels: { app: 'web' } };

const over = (more: Partial<SpreadConstraint> = {}): SpreadConstraint => ({
  topologyKey: ZONE,
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: web,
  ...more,
});
const byRack = over({ topologyKey: 'rack', maxSkew: 9 });

const pod = (topologySpreadConstraints: SpreadConstraint[] = [], nodeName?: string): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'web', labels: { app: 'web' } },
    spec: { containers: [], topologySpreadConstraints, ...(nodeName && { nodeName }) },
    status: { phase: 'Running', conditions: [] },
  }) as unknown as Pod;

const node = (name: string, racks: readonly string[]): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels: { [ZONE]: name.slice(0, 1), ...(racks.includes(name) && { rack: name }) } },
    spec: {},
    status: { allocatable: {}, conditions: [], addresses: [] },
  }) as unknown as Node;

/** @param running names of nodes, one for each pod that is there */
function takers(constraints: SpreadConstraint[], running: string[], racks: string[] = []): string[] {
  const nodes = ALL.map((name) =>
    nodeState(
      node(name, racks),
      running.filter((on) => on === name).map((on) => pod([], on)),
    ),
  );
  const view = { nodes, find: () => undefined };
  const left = nodes.filter((state) => spreadReasons(pod(constraints), state, view).length === 0);
  return left.map((state) => state.node.metadata.name);
}

describe('a topology spread', () => {
  it.each<[string, SpreadConstraint[], string[], string[], string[]]>([
    ['keeps off the zone that has one more', [over()], ['a1'], [], ['b1']],
    ['counts nodes that bear the labels of all constraints', [over(), byRack], ['a1'], ['a1', 'b1'], ['b1']],
    ['counts no pod of a node that lacks one of them', [over(), byRack], ['a2'], ['a1', 'b1'], ['a1', 'b1']],
    ['counts no zone whose nodes lack one of them', [over(), byRack], ['a1'], ['a1', 'a2'], ['a1', 'a2']],
    [
      'asks no label of a constraint that may be violated',
      [over(), { ...byRack, whenUnsatisfiable: 'ScheduleAnyway' }],
      ['a2'],
      ['a1', 'b1'],
      ['b1'],
    ],
    ['counts no pod by an empty selector', [over({ labelSelector: {} })], ['a1', 'a1'], [], ALL],
    ['counts the pod itself by an empty selector', [over({ labelSelector: {}, maxSkew: 0 })], [], [], []],
    [
      'counts pods by an empty selector with the values of matchLabelKeys',
      [over({ labelSelector: {}, matchLabelKeys: ['app'] })],
      ['a1'],
      [],
      ['b1'],
    ],
    [
      'counts no pod without a selector, not by matchLabelKeys either, and not the pod itself',
      [{ topologyKey: ZONE, maxSkew: 0, whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['app'] }],
      ['a1'],
      [],
      ALL,
    ],
  ])('%s', (_, constraints, running, racks, expected) => {
    expect(takers(constraints, running, racks)).toEqual(expected);
  });
});
