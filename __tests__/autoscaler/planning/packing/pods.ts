import fc from 'fast-check';
import type { KubeObject } from '../../../../src/world/contract';
import {
  type Pod,
  type PodAffinityTerm,
  type PodSpec,
  type SpreadConstraint,
  timestamp,
} from '../../../../src/world/kubernetes/objects';

/** Some pods of one controller: those that run somewhere, and those that wait. */
export interface WorkloadPart {
  replicas: number;
  running: { node: number; stays: boolean }[];
  other: boolean;
  group: boolean;
  cpu?: string | undefined;
  memory?: string | undefined;
  disk?: string | undefined;
  gpu?: boolean | undefined;
  priority: number;
  nodeSelector: Record<string, string>;
  tolerates?: 'taint' | 'all' | undefined;
  nodeTerms?: Expression[][] | undefined;
  preferred?: { weight: number; of: Expression }[] | undefined;
  near?: TermPart | undefined;
  apart?: TermPart | undefined;
  spread?: SpreadPart[] | undefined;
  port?: number | undefined;
  budget?: number | undefined;
}

interface Expression {
  key: string;
  operator: string;
  values?: string[];
}

export interface TermPart {
  host: boolean;
  /** Its own pods, those of the workload of that number, of its group, or all. */
  whom: 'own' | 'group' | 'all' | number;
  everywhere: boolean;
}

interface SpreadPart {
  host: boolean;
  maxSkew: number;
  minDomains?: number | undefined;
  group: boolean;
  byVersion: boolean;
  ignoreAffinity: boolean;
  honorTaints: boolean;
}

export interface DaemonPart {
  cpu: string;
  tolerant: boolean;
  ssd: boolean;
}

const HOST = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const ARCH = 'kubernetes.io/arch';

const maybe = <T>(of: fc.Arbitrary<T>, freq: number): fc.Arbitrary<T | undefined> =>
  // Absent `freq - 1` times out of `freq`; shrinks to absent.
  fc
    .nat({ max: freq - 1 })
    .chain((n) => (n === freq - 1 ? fc.option(of, { nil: undefined, freq: 20 }) : fc.constant(undefined)));

const expression: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    key: fc.constant(ZONE),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.subarray(['us-east-1a', 'us-east-1b', 'us-east-1c'], { minLength: 1 }),
  }),
  fc.record({ key: fc.constantFrom('disk', 'rank'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  fc.record({
    key: fc.constant('rank'),
    operator: fc.constantFrom('Gt', 'Lt', 'In', 'NotIn'),
    values: fc.constantFrom('1', '2', '3').map((value) => [value]),
  }),
  fc.record({
    key: fc.constant(ARCH),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.constant('arm64').map((value) => [value]),
  }),
);

const term: fc.Arbitrary<TermPart> = fc.record({
  host: fc.boolean(),
  whom: fc.oneof(fc.constantFrom('own' as const, 'own' as const, 'group' as const, 'all' as const), fc.nat({ max: 5 })),
  everywhere: fc.nat({ max: 4 }).map((n) => n === 4),
});

const spreadPart: fc.Arbitrary<SpreadPart> = fc.record({
  host: fc.boolean(),
  maxSkew: fc.integer({ min: 1, max: 2 }),
  minDomains: maybe(fc.integer({ min: 1, max: 3 }), 4),
  group: fc.nat({ max: 3 }).map((n) => n === 3),
  byVersion: fc.nat({ max: 3 }).map((n) => n === 3),
  ignoreAffinity: fc.nat({ max: 3 }).map((n) => n === 3),
  honorTaints: fc.nat({ max: 3 }).map((n) => n === 3),
});

export const workloadPart = ({ plain, idle }: { plain: boolean; idle: boolean }): fc.Arbitrary<WorkloadPart> => {
  const company = <T>(of: fc.Arbitrary<T>, freq: number) => (plain ? fc.constant(undefined) : maybe(of, freq));
  return fc.record({
    replicas: idle ? fc.constant(0) : fc.integer({ min: 1, max: 12 }),
    running: fc.array(fc.record({ node: fc.nat({ max: 9 }), stays: fc.boolean().map((b) => !b) }), {
      maxLength: idle ? 8 : 4,
    }),
    other: fc.nat({ max: 4 }).map((n) => n === 4),
    group: fc.boolean(),
    cpu: fc.constantFrom('100m', '250m', '500m', '1', '1500m', '3', undefined),
    memory: fc.constantFrom('64Mi', '256Mi', '1Gi', '3Gi', '6Gi', undefined),
    disk: maybe(fc.constantFrom('1Gi', '9Gi'), 6),
    gpu: maybe(fc.constant(true), 10),
    priority: fc.constantFrom(0, 0, 0, 100, 1000),
    nodeSelector: fc
      .record({
        [ZONE]: maybe(fc.constantFrom('us-east-1a', 'us-east-1b'), 8),
        [ARCH]: maybe(fc.constantFrom('amd64', 'arm64'), 8),
        disk: maybe(fc.constant('ssd'), 8),
        'k3s-autoscaler/pool': maybe(fc.constantFrom('p0', 'p1'), 8),
      })
      .map(
        (all) => Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Record<string, string>,
      ),
    tolerates: fc.option(fc.constantFrom('taint' as const, 'taint' as const, 'all' as const), {
      nil: undefined,
      freq: 3,
    }),
    nodeTerms: maybe(fc.array(fc.array(expression, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }), 5),
    preferred: maybe(
      fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), of: expression }), { minLength: 1, maxLength: 2 }),
      5,
    ),
    near: company(term, 5),
    apart: company(term, 4),
    spread: company(fc.array(spreadPart, { minLength: 1, maxLength: 2 }), 4),
    port: company(fc.constantFrom(80, 443), 8),
    budget: maybe(fc.nat({ max: 2 }), 6),
  });
};

/** A pod of the workload: bound and running, or found unschedulable half a minute after it was made. */
export function podOf(
  part: WorkloadPart,
  workload: number,
  ordinal: number,
  { node, createdAt }: { node?: string; createdAt: number },
): Pod {
  const name = `w${workload}-${node ? 'r' : 'n'}${String(ordinal).padStart(2, '0')}`;
  const namespace = part.other ? 'other' : 'default';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: timestamp(createdAt),
      // A new version is being rolled out: what waits is newer than what runs.
      labels: { app: `w${workload}`, version: node ? 'v1' : 'v2', ...(part.group && { group: 'g' }) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `w${workload}`, uid: `rs-${workload}`, controller: true },
      ],
    },
    spec: { ...specOf(part, workload), ...(node && { nodeName: node }) },
    status: node ? { phase: 'Running', conditions: [] } : { phase: 'Pending', conditions: [unschedulable(createdAt)] },
  };
}

export const unschedulable = (at: number): Pod['status']['conditions'][number] => ({
  type: 'PodScheduled',
  status: 'False',
  reason: 'Unschedulable',
  message: '',
  lastTransitionTime: timestamp(at),
});

function specOf(part: WorkloadPart, workload: number): PodSpec {
  const { cpu, memory, disk, gpu, priority, nodeSelector, port } = part;
  const requests = {
    ...(cpu && { cpu }),
    ...(memory && { memory }),
    ...(disk && { 'ephemeral-storage': disk }),
    ...(gpu && { 'nvidia.com/gpu': '1' }),
  };
  return {
    containers: [
      {
        name: 'c',
        image: 'i',
        resources: { requests },
        ...(port && { ports: [{ containerPort: port, hostPort: port }] }),
      },
    ],
    priority,
    nodeSelector,
    tolerations: TOLERATIONS[part.tolerates ?? 'none'],
    affinity: affinityOf(part, workload),
    topologySpreadConstraints: (part.spread ?? []).map((spread) => spreadOf(spread, workload)),
  };
}

const TOLERATIONS = {
  none: [],
  taint: [{ key: 'dedicated', operator: 'Equal', value: 'batch' }],
  // Not a cordon's: the planner takes a node that is being drained as closed to all.
  all: [
    { key: 'dedicated', operator: 'Exists' },
    { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' },
  ],
};

const affinityOf = ({ nodeTerms, preferred, near, apart }: WorkloadPart, workload: number) => ({
  ...((nodeTerms || preferred) && {
    nodeAffinity: {
      ...(nodeTerms && {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: nodeTerms.map((matchExpressions) => ({ matchExpressions })),
        },
      }),
      ...(preferred && {
        preferredDuringSchedulingIgnoredDuringExecution: preferred.map(({ weight, of }) => ({
          weight,
          preference: { matchExpressions: [of] },
        })),
      }),
    },
  }),
  ...(near && { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [termOf(near, workload)] } }),
  ...(apart && { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [termOf(apart, workload)] } }),
});

const selectorOf = (whom: TermPart['whom'], workload: number) => {
  if (whom === 'all') return {};
  if (whom === 'group') return { matchLabels: { group: 'g' } };
  return { matchLabels: { app: `w${whom === 'own' ? workload : whom}` } };
};

const termOf = ({ host, whom, everywhere }: TermPart, workload: number): PodAffinityTerm => ({
  topologyKey: host ? HOST : ZONE,
  labelSelector: selectorOf(whom, workload),
  // Those of the DaemonSets' namespace are not among them: the planner does not reckon with company of theirs on new nodes.
  ...(everywhere && { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] } }),
});

const spreadOf = (part: SpreadPart, workload: number): SpreadConstraint => ({
  topologyKey: part.host ? HOST : ZONE,
  maxSkew: part.maxSkew,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: selectorOf(part.group ? 'group' : 'own', workload),
  ...(part.minDomains !== undefined && { minDomains: part.minDomains }),
  ...(part.byVersion && { matchLabelKeys: ['version'] }),
  ...(part.ignoreAffinity && { nodeAffinityPolicy: 'Ignore' as const }),
  ...(part.honorTaints && { nodeTaintsPolicy: 'Honor' as const }),
});

export const daemonSets = (parts: DaemonPart[]): KubeObject[] =>
  parts.map(
    ({ cpu, tolerant, ssd }, i) =>
      ({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: `d${i}`, namespace: 'kube-system', uid: `ds-${i}` },
        spec: {
          template: {
            metadata: { labels: { app: `d${i}` } },
            spec: {
              containers: [{ name: 'c', image: 'i', resources: { requests: { cpu, memory: '64Mi' } } }],
              ...(tolerant && { tolerations: [{ operator: 'Exists' }] }),
              ...(ssd && { nodeSelector: { disk: 'ssd' } }),
            },
          },
        },
      }) as never,
  );
