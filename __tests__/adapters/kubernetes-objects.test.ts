import { SourceError } from '../../src/adapters/errors';
import { toBudgets, toDaemonSet, toNode, toPod } from '../../src/adapters/kubernetes-objects';

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
    expect(read).not.toHaveProperty('unschedulableSince');
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

  const required = { requiredDuringSchedulingIgnoredDuringExecution: [{}] };
  const pinned = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }],
      },
    },
  };
  it.each([
    ['required node affinity', { affinity: pinned }],
    ['required pod affinity', { affinity: { podAffinity: required } }],
    ['required pod anti-affinity', { affinity: { podAntiAffinity: required } }],
    ['topology spread with DoNotSchedule', { topologySpreadConstraints: [{ whenUnsatisfiable: 'DoNotSchedule' }] }],
    ['host ports', { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] }],
    ['resource claims', { resourceClaims: [{ name: 'gpu' }] }],
    ['scheduler volcano', { schedulerName: 'volcano' }],
    ['volume of kind persistentVolumeClaim', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] }],
    ['resource nvidia.com/gpu', { containers: [{ resources: { requests: { 'nvidia.com/gpu': '1' } } }] }],
    ['resource ephemeral-storage', { initContainers: [{ resources: { requests: { 'ephemeral-storage': '1Gi' } } }] }],
  ])('names %s as unsupported', (feature, spec) => {
    expect(toPod(pod(spec)).unsupported).toEqual([feature]);
  });

  it('does not hold preferences against a pod, nor the DaemonSet controller its way of placing', () => {
    const soft = {
      topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }],
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{}] } },
    };
    const ownerReferences = [{ kind: 'DaemonSet', name: 'd', uid: '3', controller: true }];
    expect(toPod(pod(soft)).unsupported).toEqual([]);
    expect(toPod(pod({ affinity: pinned }, { metadata: { ownerReferences } })).unsupported).toEqual([]);
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
        allocatable: { cpu: '1930m', memory: '3500Mi', pods: '17', 'ephemeral-storage': '1' },
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
      allocatable: { cpuMilli: 1930, memoryBytes: 3500 * 1024 * 1024, pods: 17 },
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

  it('has labels and what it allows', () => {
    expect(budget({ matchLabels: { app: 'web' } })).toEqual([
      { namespace: 'n', name: 'x', matchLabels: { app: 'web' }, unreadable: false, disruptionsAllowed: 2 },
    ]);
  });

  it('is unreadable with expressions, matches nothing without a selector and everything with an empty one', () => {
    expect(budget({ matchExpressions: [{}] })).toMatchObject([{ unreadable: true }]);
    expect(budget(undefined)).toEqual([]);
    expect(budget({})).toMatchObject([{ matchLabels: {}, unreadable: false }]);
  });

  it('allows nothing until its controller has looked', () => {
    expect(budget({}, {})).toMatchObject([{ disruptionsAllowed: 0 }]);
    expect(budget({}, { disruptionsAllowed: 2, observedGeneration: 0 })).toMatchObject([{ disruptionsAllowed: 0 }]);
  });
});

it('reads what a DaemonSet takes of each node', () => {
  const template = { spec: { containers: [container('100m', '1Ki')], tolerations: [{ operator: 'Exists' }] } };
  expect(toDaemonSet({ metadata: meta({ namespace: 'n' }), spec: { template } })).toEqual({
    namespace: 'n',
    name: 'x',
    requests: { cpuMilli: 100, memoryBytes: 1024, pods: 1 },
    nodeSelector: {},
    tolerations: [{ operator: 'Exists' }],
  });
});
