import { SourceError } from '../../src/adapters/errors';
import { toBudgets, toDaemonSet, toNode } from '../../src/adapters/kubernetes-objects';
import { toPod } from '../../src/adapters/kubernetes-pods';

const CREATED = '2026-01-05T00:00:00Z';
const meta = (more: object = {}) => ({
  name: 'x',
  uid: 'u-1',
  resourceVersion: '7',
  creationTimestamp: CREATED,
  ...more,
});
const pod = (spec: object = {}, more: { metadata?: object; status?: object } = {}) => ({
  metadata: meta({ namespace: 'default', ...more.metadata }),
  spec: { containers: [], ...spec },
  status: { phase: 'Pending', ...more.status },
});
const container = (cpu: string, memory = '0', more: object = {}) => ({
  name: 'c',
  resources: { requests: { cpu, memory } },
  ...more,
});

describe('requests of a pod', () => {
  it('is the sum of its containers', () => {
    const { requests } = toPod(pod({ containers: [container('250m', '128Mi'), container('1', '1Ki')] }));
    expect(requests).toEqual({ cpuMilli: 1250, memoryBytes: 134_217_728 + 1024, pods: 1 });
  });

  it('is an init container, where that is larger', () => {
    const spec = { initContainers: [container('2', '1Ki')], containers: [container('500m', '1Mi')] };
    expect(toPod(pod(spec)).requests).toEqual({ cpuMilli: 2000, memoryBytes: 1_048_576, pods: 1 });
  });

  it('counts a sidecar with the containers, and with the init containers after it', () => {
    const sidecar = container('300m', '0', { restartPolicy: 'Always' });
    const before = { initContainers: [container('1'), sidecar], containers: [container('500m')] };
    const after = { initContainers: [sidecar, container('1')], containers: [container('500m')] };
    expect(toPod(pod(before)).requests.cpuMilli).toBe(1000);
    expect(toPod(pod(after)).requests.cpuMilli).toBe(1300);
  });

  it('adds overhead, and prefers requests of the pod as a whole', () => {
    const spec = {
      containers: [container('1', '1Ki')],
      resources: { requests: { cpu: '3' } },
      overhead: { cpu: '50m' },
    };
    expect(toPod(pod(spec)).requests).toEqual({ cpuMilli: 3050, memoryBytes: 1024, pods: 1 });
  });

  it('counts every resource by its name, by the same rules', () => {
    const asking = (requests: object, more: object = {}) => ({ name: 'c', resources: { requests }, ...more });
    const spec = {
      initContainers: [asking({ 'nvidia.com/gpu': '3' }), asking({ 'x.io/y': 1 }, { restartPolicy: 'Always' })],
      containers: [asking({ 'nvidia.com/gpu': '1', 'ephemeral-storage': '1Gi' }), asking({ 'nvidia.com/gpu': '1' })],
      resources: { requests: { 'hugepages-2Mi': '4Mi', 'ephemeral-storage': '1Ti' } },
      overhead: { 'ephemeral-storage': '1Ki', 'hugepages-1Gi': '0' },
    };
    expect(toPod(pod(spec)).requests).toEqual({
      cpuMilli: 0,
      memoryBytes: 0,
      pods: 1,
      others: {
        'nvidia.com/gpu': 3,
        'x.io/y': 1,
        'ephemeral-storage': 1024 ** 3 + 1024,
        'hugepages-2Mi': 4 * 1024 ** 2,
      },
    });
  });

  it('is zero for what is not asked for', () => {
    expect(toPod(pod({ containers: [{ name: 'c' }] })).requests).toEqual({ cpuMilli: 0, memoryBytes: 0, pods: 1 });
  });

  it('names pod, container and value of a quantity that cannot be read', () => {
    const read = () => toPod(pod({ containers: [container('lots')] }));
    expect(read).toThrow(SourceError);
    expect(read).toThrow(/pod default\/x: container c: "lots"/);
  });
});

describe('a pod', () => {
  it('is pending since its PodScheduled condition says Unschedulable', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: CREATED },
    ];
    expect(toPod(pod({}, { status: { conditions } })).unschedulableSince).toBe(Date.parse(CREATED));
  });

  it('is not pending but gated while it has scheduling gates', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', lastTransitionTime: CREATED },
    ];
    const read = toPod(pod({ schedulingGates: [{ name: 'quota' }] }, { status: { conditions } }));
    expect(read).toMatchObject({ gated: true });
    expect(read.unschedulableSince).toBeUndefined();
  });

  it('has the controller among its owners, mirror mark and volumes of the node', () => {
    const owners = [
      { kind: 'Other', name: 'o', uid: '1' },
      { kind: 'ReplicaSet', name: 'web', uid: '2', controller: true },
    ];
    const metadata = { ownerReferences: owners, annotations: { 'kubernetes.io/config.mirror': 'x' } };
    const volumes = [{ name: 'h', hostPath: { path: '/x' } }];
    expect(toPod(pod({ volumes }, { metadata }))).toMatchObject({
      owner: { kind: 'ReplicaSet', name: 'web', uid: '2' },
      mirror: true,
      localVolume: true,
      unsupported: [],
    });
    expect(toPod(pod({ volumes: [{ name: 'e', emptyDir: {} }] })).localVolume).toBe(false);
  });

  it.each([
    ['resource claims', { resourceClaims: [{ name: 'gpu' }] }],
    ['resource claims', { containers: [{ name: 'c', resources: { claims: [{ name: 'gpu' }] } }] }],
    ['scheduler volcano', { schedulerName: 'volcano' }],
    ['volume of kind awsElasticBlockStore', { volumes: [{ name: 'v', awsElasticBlockStore: { volumeID: 'x' } }] }],
  ])('names %s as unsupported', (feature, spec) => {
    expect(toPod(pod(spec)).unsupported).toEqual([feature]);
  });

  it('has the node that the scheduler makes room on, as long as it has none', () => {
    const status = { nominatedNodeName: 'n-1' };
    expect(toPod(pod({}, { status }))).toMatchObject({ nominatedNode: 'n-1' });
    expect(toPod(pod({ nodeName: 'n-2' }, { status })).nominatedNode).toBeUndefined();
  });

  it('is stored without fields for what it does not ask for', () => {
    expect(Object.keys(JSON.parse(JSON.stringify(toPod(pod())))).sort()).toEqual(
      [
        ...['annotations', 'createdAt', 'gated', 'labels', 'localVolume', 'mirror', 'name', 'namespace'],
        ...['nodeSelector', 'phase', 'priority', 'requests', 'tolerations', 'uid', 'unsupported'],
      ].sort(),
    );
  });

  it('is laid out like every other pod, whatever it asks for, or plans take several times as long', () => {
    const asking = { nodeName: 'n-2', topologySpreadConstraints: [{ topologyKey: 'zone', labelSelector: {} }] };
    expect(Object.keys(toPod(pod(asking)))).toEqual(Object.keys(toPod(pod())));
  });

  it.each([
    ['no phase', pod({}, { status: { phase: undefined } }), /status\.phase/],
    ['no uid', pod({}, { metadata: { uid: undefined } }), /metadata\.uid/],
    ['no time', pod({}, { metadata: { creationTimestamp: 'soon' } }), /creationTimestamp is "soon"/],
    ['no name', pod({}, { metadata: { name: undefined } }), /no metadata\.name/],
  ])('is not read with %s', (_, item, message) => {
    expect(() => toPod(item)).toThrow(message);
  });
});

describe('a node', () => {
  it('has provider id, taints, readiness and room', () => {
    const item = {
      metadata: meta({ labels: { a: 'b' } }),
      spec: {
        providerID: 'aws:///us-east-1a/i-0a',
        unschedulable: true,
        taints: [{ key: 'k', effect: 'NoSchedule', timeAdded: CREATED }],
      },
      status: {
        allocatable: { cpu: '1930m', memory: '3500Mi', pods: '17', 'ephemeral-storage': '18', 'hugepages-2Mi': '0' },
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    };
    expect(toNode(item)).toEqual({
      name: 'x',
      uid: 'u-1',
      resourceVersion: '7',
      providerId: 'aws:///us-east-1a/i-0a',
      labels: { a: 'b' },
      annotations: {},
      taints: [{ key: 'k', effect: 'NoSchedule' }],
      unschedulable: true,
      ready: true,
      createdAt: Date.parse(CREATED),
      allocatable: { cpuMilli: 1930, memoryBytes: 3500 * 1024 * 1024, pods: 17, others: { 'ephemeral-storage': 18 } },
    });
  });

  it.each(['False', 'Unknown'])('is not ready when its condition is %s', (status) => {
    const item = { metadata: meta(), spec: {}, status: { conditions: [{ type: 'Ready', status }] } };
    expect(toNode(item)).toMatchObject({ ready: false, allocatable: { cpuMilli: 0, memoryBytes: 0, pods: 0 } });
  });
});

describe('a disruption budget', () => {
  const budget = (selector: unknown, status: object = { disruptionsAllowed: 2, observedGeneration: 1 }) =>
    toBudgets({ metadata: meta({ namespace: 'n', generation: 1 }), spec: { selector }, status });

  it('has a selector and what it allows', () => {
    const matchExpressions = [{ key: 'tier', operator: 'NotIn', values: ['test'] }];
    expect(budget({ matchLabels: { app: 'web' }, matchExpressions })).toEqual([
      {
        namespace: 'n',
        name: 'x',
        selector: [
          { key: 'app', operator: 'In', values: ['web'] },
          { key: 'tier', operator: 'NotIn', values: ['test'] },
        ],
        disruptionsAllowed: 2,
      },
    ]);
  });

  it('covers no pod without a selector, every pod with an empty one, and too many with one that is not known', () => {
    expect(budget(undefined)).toEqual([]);
    expect(budget(null)).toEqual([]);
    expect(budget({})).toMatchObject([{ selector: [] }]);
    expect(budget({ matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] })).toMatchObject([
      { selector: [] },
    ]);
  });

  it('allows nothing until its controller has looked', () => {
    expect(budget({}, {})).toMatchObject([{ disruptionsAllowed: 0 }]);
    expect(budget({}, { disruptionsAllowed: 2, observedGeneration: 0 })).toMatchObject([{ disruptionsAllowed: 0 }]);
  });
});

it('reads what a DaemonSet takes of each node', () => {
  const matchExpressions = [{ key: 'gpu', operator: 'Exists' }];
  const required = { nodeSelectorTerms: [{ matchExpressions }] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  const containers = [{ ...container('100m', '1Ki'), ports: [{ hostPort: 80 }] }];
  const template = { spec: { containers, tolerations: [{ operator: 'Exists' }], affinity } };
  expect(toDaemonSet({ metadata: meta({ namespace: 'n' }), spec: { template } })).toEqual({
    namespace: 'n',
    name: 'x',
    requests: { cpuMilli: 100, memoryBytes: 1024, pods: 1 },
    nodeSelector: {},
    tolerations: [{ operator: 'Exists' }],
    nodeTerms: [[{ labels: [{ key: 'gpu', operator: 'Exists', values: [] }], fields: [] }]],
    hostPorts: ['TCP/0.0.0.0/80'],
  });
});
