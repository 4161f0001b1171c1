import { LABEL } from '../../../src/autoscaler/names';
import { progress } from '../../../src/autoscaler/operations/progress';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { NodeTerm, Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { base, config, instance, launching, MI, nodeOf, pending, scene, typeOf } from '../builders';

const GPU = 'nvidia.com/gpu';
const [burst] = config.pools as [RuntimeConfig['pools'][number]];
const withGpus: RuntimeConfig = {
  ...config,
  pools: [{ ...burst, instanceTypes: ['g5.xlarge'] }],
  instanceTypes: { ...config.instanceTypes, 'g5.xlarge': typeOf(4000, 15_000, 1, { others: { [GPU]: 1 } }) },
};
const training = pending({
  name: 'training',
  requests: { cpuMilli: 1000, memoryBytes: MI, pods: 1, others: { [GPU]: 1 } },
});

/** The node of a GPU type that was bought for the pod, Ready, with so many GPUs. */
function joined(gpus: number): Snapshot {
  const came = instance('i-1', { type: 'g5.xlarge' });
  const allocatable = { cpuMilli: 4000, memoryBytes: 15_000 * MI, pods: 110, others: { [GPU]: gpus } };
  const labels = { ...nodeOf(came).labels, [LABEL.instanceType]: 'g5.xlarge' };
  const operation = launching({ pods: [training.uid], request: { instanceType: 'g5.xlarge' } });
  const snapshot = scene({
    instances: [came],
    nodes: [nodeOf(base), nodeOf(came, { allocatable, labels })],
    pods: [training],
    snapshot: { state: { ...emptyState(), operations: [operation] } },
  });
  return { ...snapshot, state: progress(snapshot, withGpus, () => 'new') };
}

describe('a node whose device plugin has not started yet', () => {
  it('is on its way: its pod waits for it, nothing is learned from it, and no second one is bought', () => {
    const snapshot = joined(0);
    expect(snapshot.state.operations).toMatchObject([{ kind: 'launch', phase: 'registered' }]);
    expect(snapshot.state.unhelped).toEqual({});
    const result = plan(snapshot, withGpus);
    expect(result.intents).toEqual([]);
    expect(result.pods['default/training']?.code).toBe('pod-fits-joining');
    expect(result.memory.allocatable['burst/g5.xlarge']?.others).toEqual({ [GPU]: 1 });
  });

  it('has joined once the GPUs are there', () => {
    expect(joined(1).state.operations).toMatchObject([{ phase: 'ready' }]);
  });
});

describe('a taint of Kubernetes', () => {
  it.each([
    ['disk-pressure', 'NoSchedule', 'pod-gets-node'],
    ['unschedulable', 'NoSchedule', 'pod-fits-existing'],
    ['not-ready', 'NoSchedule', 'pod-fits-existing'],
  ] as const)('%s of a Ready node, so that a pod that would fit there: %s → %s', (name, effect, code) => {
    const taints = [{ key: `node.kubernetes.io/${name}`, effect }];
    const snapshot = scene({ nodes: [nodeOf(base, { taints })], pods: [pending({ name: 'web' })] });
    expect(plan(snapshot, config).pods['default/web']?.code).toBe(code);
  });
});

it.each([
  ['topology.ebs.csi.aws.com/zone', 'us-east-1b'],
  ['topology.kubernetes.io/region', 'us-east-1'],
  ['beta.kubernetes.io/arch', 'amd64'],
])('a new node has the label %s, by which volumes and charts ask for a place', (key, value) => {
  const place: NodeTerm = { labels: [{ key, operator: 'In', values: [value] }], fields: [] };
  const result = plan(scene({ nodes: [], pods: [pending({ name: 'db', volumeTerms: [[place]] })] }), config);
  expect(result.pods['default/db']?.code).toBe('pod-gets-node');
});

it.each([
  ['that the scheduler has not looked at', {}, 'pod-unseen'],
  ['that is being deleted', { deletionAt: 1 }, 'pod-ending'],
])('a pending pod %s has a verdict too', (_, over, code) => {
  const { unschedulableSince: _since, ...waits } = pending({ name: 'new' });
  expect(plan(scene({ pods: [{ ...waits, ...over }] }), config).pods).toMatchObject({ 'default/new': { code } });
});
