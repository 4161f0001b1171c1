import { LABEL } from '../../../src/autoscaler/names';
import { progress } from '../../../src/autoscaler/operations/progress';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Node, Pod, Snapshot } from '../../../src/autoscaler/snapshot';
import { emptyState } from '../../../src/autoscaler/state';
import type { RuntimeConfig } from '../../../src/config/runtime';
import { config, instance, launching, nodeOf, pending, pod, scene, typeOf } from '../builders';

/** A pool whose nodes are said to bear a label, and a second, dearer one that bears it too. */
const [burst] = config.pools as [RuntimeConfig['pools'][number]];
const pools = [
  { ...burst, labels: { disk: 'fast' } },
  { ...burst, name: 'other', instanceTypes: ['m5.large'], labels: { disk: 'fast' } },
];
const labelled: RuntimeConfig = {
  ...config,
  pools: pools.slice(0, 1),
  instanceTypes: { ...config.instanceTypes, 'm5.large': typeOf(2000, 7577, 0.1) },
};

const wanting = (): Pod => pending({ name: 'wants-disk', nodeSelector: { disk: 'fast' } });

/** The node that was bought for the pod is there, as `over` has it. */
function bought(waits: Pod, over: Partial<Node> = {}, more: Pod[] = []): Snapshot {
  const came = instance('i-1');
  const node = nodeOf(came);
  const labels = { ...node.labels, [LABEL.instanceType]: 't3.medium' };
  const base = scene({ instances: [came], pods: [waits, ...more] });
  if (!base.kubernetes.known) throw new Error('it is known');
  const nodes = base.kubernetes.value.nodes.map((each) =>
    each.name === node.name ? { ...each, labels, ...over } : each,
  );
  const state = { ...emptyState(), operations: [launching({ pods: [waits.uid] })] };
  const kubernetes = { ...base.kubernetes, value: { ...base.kubernetes.value, nodes } };
  return { ...base, kubernetes, state };
}

const learned = (snapshot: Snapshot): Snapshot => ({ ...snapshot, state: progress(snapshot, labelled, () => 'new') });
const launches = (snapshot: Snapshot, to: RuntimeConfig) =>
  plan(snapshot, to).intents.flatMap((intent) => (intent.kind === 'launch' ? [intent.pool] : []));

describe('a pod that was not helped by the node that was bought for it', () => {
  it('is remembered, and no second node of its sort is bought', () => {
    // GIVEN a node that came without the label that its pool promises
    const waits = wanting();
    const after = learned(bought(waits));
    // THEN
    expect(after.state.unhelped).toEqual({ [waits.uid]: ['burst/t3.medium'] });
    expect(launches(after, labelled)).toEqual([]);
    expect(plan(after, labelled).pods['default/wants-disk']).toMatchObject({ code: 'pod-unhelped' });
    // THEN without the memory there would be one
    expect(launches({ ...after, state: { ...after.state, unhelped: {} } }, labelled)).toEqual(['burst']);
  });

  it('gets one of another sort, where there is one', () => {
    expect(launches(learned(bought(wanting())), { ...labelled, pools })).toEqual(['other']);
  });

  it('learns of every sort that was tried, so that two are not bought in turn for ever', () => {
    // GIVEN the node of the first sort did not help, and one of the second came without the label too
    const waits = wanting();
    const first = learned(bought(waits));
    const second = bought(waits, { labels: { ...nodeOf(instance('i-1')).labels, [LABEL.instanceType]: 'm5.large' } });
    const operations = [launching({ pool: 'other', pods: [waits.uid], request: { instanceType: 'm5.large' } })];
    const state = { ...first.state, operations };
    // WHEN
    const after = learned({ ...second, state });
    // THEN
    expect(after.state.unhelped).toEqual({ [waits.uid]: ['burst/t3.medium', 'other/m5.large'] });
    expect(launches(after, { ...labelled, pools })).toEqual([]);
    const said = plan(after, { ...labelled, pools }).pods['default/wants-disk'];
    expect(said?.code).toBe('pod-unhelped');
    expect(said?.text).toContain('burst/t3.medium, other/m5.large');
  });

  it('is told the limit that keeps one of another sort away', () => {
    // GIVEN another sort, which costs more than is left
    const after = learned(bought(wanting()));
    const limits = { ...labelled.limits, usdPerHour: 0.12 };
    const said = plan(after, { ...labelled, pools, limits });
    // THEN
    expect(said.pods['default/wants-disk']?.code).toBe('pod-over-limit');
    expect(said.pods['default/wants-disk']?.text).toContain('limits.usdPerHour: $0.0976 of $0.12.');
    expect(said.pods['default/wants-disk']?.text).toContain('Pool and type: burst/t3.medium.');
    expect(said.pools.other?.code).toBe('at-maximum');
  });

  it('is not one that the node would have taken, had others not come first', () => {
    // GIVEN the node has the label, and is full
    const waits = wanting();
    const full = pod({
      name: 'full',
      nodeName: nodeOf(instance('i-1')).name,
      requests: { cpuMilli: 1900, memoryBytes: 0, pods: 1 },
    });
    const labels = { ...nodeOf(instance('i-1')).labels, [LABEL.instanceType]: 't3.medium', disk: 'fast' };
    const after = learned(bought(waits, { labels }, [full]));
    // THEN
    expect(after.state.unhelped).toEqual({});
    expect(launches(after, labelled)).toEqual(['burst']);
  });

  it('is forgotten with the pod', () => {
    const gone = { ...scene(), state: { ...emptyState(), unhelped: { 'uid-of-somebody': ['burst/t3.medium'] } } };
    expect(learned(gone).state.unhelped).toEqual({});
  });
});
