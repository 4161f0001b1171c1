import fc from 'fast-check';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Snapshot } from '../../../src/autoscaler/snapshot';
import { newMemory } from '../../../src/autoscaler/telling/memory';
import { outlineOf, withoutSecrets } from '../../../src/autoscaler/telling/recording';
import { config, instance, later, MINUTE, nodeOf, pending, pod, scene, times } from '../builders';
import { run } from '../ports';

const recordingsOf = async (snapshots: Snapshot[], memory = newMemory()) => {
  const kept: boolean[] = [];
  for (const snapshot of snapshots) {
    const { history } = await run(snapshot, { memory });
    kept.push(history.at(-1)?.recording !== undefined);
  }
  return kept;
};

describe('a tick is recorded whole', () => {
  it('when its plan is another than the last recorded one, and not while it stays the same', async () => {
    const quiet = scene();
    const waiting = scene({ pods: [pending({ name: 'x', unsupported: ['volumes'] })] });
    expect(
      await recordingsOf([quiet, later(quiet, 1000), later(waiting, 2000), later(waiting, 3000), later(quiet, 4000)]),
    ).toEqual([true, false, true, false, true]);
  });

  it('when it did something', async () => {
    // GIVEN a launch without an answer, which is asked again and again: the same plan each time
    const memory = newMemory();
    const snapshot = scene({ nodes: [], pods: times(9, (i) => pending({ name: `p-${i}` })) });
    const { state } = await run(snapshot, { memory, launch: [{ outcome: 'unknown', detail: 'x' }] });
    const again = { ...later(snapshot, MINUTE), state };
    // WHEN
    const second = await run(again, { memory, launch: [{ outcome: 'unknown', detail: 'x' }] });
    const third = await run(later(again, MINUTE), { memory, launch: [{ outcome: 'unknown', detail: 'x' }] });
    // THEN
    expect(second.history[0]?.plan).toBe(third.history[0]?.plan);
    expect(third.history[0]?.actions).not.toEqual([]);
    expect(third.history[0]?.recording).toBeDefined();
  });

  it('once an hour', async () => {
    const quiet = scene();
    expect(await recordingsOf([quiet, later(quiet, 60 * MINUTE - 1), later(quiet, 60 * MINUTE)])).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('and every tick bears the outline of its plan, by which it finds the recording that holds for it', async () => {
    const memory = newMemory();
    const quiet = scene();
    const first = await run(quiet, { memory });
    const second = await run(later(quiet, 1000), { memory });
    expect(second.history[0]).toMatchObject({ plan: outlineOf(plan(quiet, config)) });
    expect(second.history[0]?.plan).toBe(first.history[0]?.plan);
    expect(second.history[0]?.recording).toBeUndefined();
  });

  it('and every tick says which sources it could not use, also where it is not recorded whole', async () => {
    const memory = newMemory();
    const quiet = scene();
    const lost = { known: false, reason: 'timeout', detail: `no answer\n${'x'.repeat(999)}` } as const;
    const paused = { ...quiet, state: { ...quiet.state, paused: true } };
    const first = await run(paused, { memory });
    const second = await run({ ...later(paused, 1000), metrics: lost }, { memory });
    expect(first.history[0]?.doubts).toEqual([]);
    expect(second.history[0]?.recording).toBeUndefined();
    expect(second.history[0]?.doubts).toEqual([
      {
        source: 'metrics',
        reason: 'timeout',
        text: expect.stringMatching(/^Prometheus is unknown \(timeout: no answer x+$/),
      },
    ]);
    expect(second.history[0]?.doubts?.[0]?.text).toHaveLength(200);
  });
});

describe('what is recorded', () => {
  const secret = 'hunter2';
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': `{"env":"${secret}"}` };

  it('gives the same plan again', async () => {
    const worker = instance('i-a');
    const snapshot = scene({
      instances: [worker],
      pods: [
        pod({ nodeName: 'worker-i-a', annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } }),
      ],
      cpu: 0.1,
    });
    const { history } = await run(snapshot);
    const recording = JSON.parse(JSON.stringify(history[0]?.recording));
    expect(plan(recording.snapshot, recording.config)).toEqual(recording.plan);
    expect(recording.plan.nodes['worker-i-a'].code).toBe('node-pod-blocks');
  });

  it('holds no annotation that the planner does not read', async () => {
    // GIVEN a manifest with a password in an annotation, as `kubectl apply` leaves it
    const worker = instance('i-a');
    const { history } = await run(
      scene({
        instances: [worker],
        nodes: [nodeOf(worker, { annotations: { ...applied, 'k3s-autoscaler/operation': 'removal-1@3' } })],
        pods: [pod({ annotations: applied })],
      }),
    );
    const text = JSON.stringify(history[0]?.recording);
    expect(text).not.toContain(secret);
    expect(text).toContain('removal-1@3');
  });

  it('plans as the whole would, whatever stands in annotations', () => {
    const keys = fc.constantFrom(
      'cluster-autoscaler.kubernetes.io/safe-to-evict',
      'cluster-autoscaler.kubernetes.io/scale-down-disabled',
      'cluster-autoscaler.kubernetes.io/pod-scale-up-delay',
      'karpenter.sh/do-not-disrupt',
      'k3s-autoscaler/operation',
      'kubernetes.io/config.mirror',
      'other',
    );
    const annotations = fc.dictionary(keys, fc.constantFrom('true', 'false', 'removal-1@1', '5m'));
    fc.assert(
      fc.property(annotations, annotations, fc.boolean(), (ofNode, ofPod, unschedulable) => {
        const worker = instance('i-a');
        const node = nodeOf(worker, { annotations: ofNode, unschedulable });
        const whole = scene({
          instances: [worker],
          nodes: [node],
          pods: [pod({ nodeName: node.name, annotations: ofPod, localVolume: true }), pending({ annotations: ofPod })],
          cpu: 0.1,
        });
        expect(plan(withoutSecrets(whole), config)).toEqual(plan(whole, config));
      }),
    );
  });
});
