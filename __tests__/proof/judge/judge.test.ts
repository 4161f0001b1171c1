import { ANNOTATION, TAG } from '../../../src/autoscaler/names';
import type { TickResult } from '../../../src/autoscaler/result';
import type { CallRecord } from '../../../src/proof/face/calls';
import { Face } from '../../../src/proof/face/face';
import { judgeRest, judgeRun } from '../../../src/proof/judge/judge';
import { podsNotRunning } from '../../../src/proof/judge/pods';
import { web } from '../../../src/proof/workload';

const MINUTE = 60_000;

/** A cluster in which ten pods run on a base worker and two that were launched. */
async function quietFace(): Promise<Face> {
  const face = new Face({ seed: 1, config: {} });
  face.change(MINUTE, () => face.world.workload(web(10)));
  for (let tick = 1; tick <= 3; tick++) face.invokeAt(tick * 2 * MINUTE, { id: `tick-${tick}` });
  await face.runUntil(7 * MINUTE);
  return face;
}

const names = (violations: { invariant: string }[]): string[] => [
  ...new Set(violations.map(({ invariant }) => invariant)),
];

/** One more call, as if the controller had made it now. */
function called(face: Face, call: Partial<CallRecord>): void {
  const at = face.conductor.now();
  const whole = {
    service: 'kubernetes',
    operation: 'patchNode',
    mutates: true,
    target: '',
    invocation: 'tick-3',
  } as const;
  face.calls.push({ n: face.calls.length + 1, issuedAt: at, effectAt: at, outcome: 'ok', ...whole, ...call });
}

/** Without its last node. */
function lacking(call: CallRecord, of: (nodes: string[]) => string[]): void {
  if (call.truth?.kind !== 'series') throw new Error('It is no answer of Prometheus.');
  Object.assign(call, { mishap: 'partial', truth: { ...call.truth, nodes: of(call.truth.nodes) } });
}

const launched = (face: Face) => face.world.ec2.all().filter(({ clientToken }) => clientToken !== undefined);
const worker = (face: Face): string => `worker-${launched(face)[0]?.id}`;

const patchNode = (face: Face, patch: object): unknown =>
  face.world.kubernetes.patch('nodes', worker(face), patch, 'application/merge-patch+json');

function runInstances(face: Face, operation: string, count = 1): void {
  const { launchTemplates, subnets } = face.world.options.resources;
  face.world.ec2.runInstances({
    clientToken: `${operation} ${face.calls.length}`,
    templateId: launchTemplates.burst?.id ?? '',
    subnetId: Object.values(subnets)[0] ?? '',
    market: 'on-demand',
    minCount: 1,
    maxCount: count,
    tags: {
      instance: {
        [TAG.cluster]: face.config.cluster,
        [TAG.role]: 'worker',
        [TAG.pool]: 'burst',
        [TAG.operation]: operation,
      },
    },
  });
}

describe('a quiet cluster', () => {
  it('violates nothing', async () => {
    const face = await quietFace();
    expect([...judgeRest(face), ...judgeRun(face), ...podsNotRunning(face, 10, true)]).toEqual([]);
  });
});

describe('at rest', () => {
  it('an instance of ours that nothing knows is an orphan', async () => {
    const face = await quietFace();
    runInstances(face, 'launch-unknown');
    expect(names(judgeRest(face))).toEqual(['orphans']);
  });

  it('a Node whose instance is gone is an orphan', async () => {
    const face = await quietFace();
    face.world.ec2.terminateInstances([launched(face)[0]?.id ?? '']);
    await face.runUntil(9 * MINUTE);
    expect(names(judgeRest(face))).toEqual(['orphans']);
  });

  it('our mark on a cordoned node without an open removal is a forgotten cordon, and a person’s cordon is none', async () => {
    const face = await quietFace();
    patchNode(face, { spec: { unschedulable: true } });
    expect(judgeRest(face)).toEqual([]);
    patchNode(face, { metadata: { annotations: { [ANNOTATION.operation]: 'removal-1@1' } } });
    expect(names(judgeRest(face))).toEqual(['forgottenCordons']);
  });

  it('a lease of a sandbox that died is held', async () => {
    const face = await quietFace();
    const run = face.invoke({ id: 'dies' });
    await face.runUntil(7 * MINUTE + 40);
    run.kill();
    await face.runUntil(7 * MINUTE + 1_000);
    expect(names(judgeRest(face))).toEqual(['leaseHeld']);
  });

  it('a pod without a node does not run', async () => {
    const face = await quietFace();
    face.world.workload(web(40));
    expect(names(podsNotRunning(face, 40, false))).toEqual(['podsNotRunning']);
  });
});

describe('of a run', () => {
  it('an instance beyond what its operation asked for is too many from its first moment, and double two ticks later', async () => {
    const face = await quietFace();
    const operation = launched(face)[0]?.tags[TAG.operation] ?? '';
    runInstances(face, operation);
    for (let tick = 4; tick <= 7; tick++) face.invokeAt(tick * 2 * MINUTE, { id: `tick-${tick}` });
    expect(names(judgeRun(face))).toEqual(['doubleLaunches', 'launchedTooMany']);
  });

  it.each<[string, Partial<CallRecord>]>([
    [
      'foreignTouched',
      {
        service: 'ec2',
        operation: 'TerminateInstances',
        truth: { kind: 'instance', cluster: 'another', role: 'worker', evictablePods: [] },
      },
    ],
    [
      'podsKilled',
      {
        service: 'ec2',
        operation: 'TerminateInstances',
        truth: { kind: 'instance', cluster: 'k3s-local', role: 'worker', evictablePods: ['web-1'] },
      },
    ],
    [
      'actedWithoutLease',
      { service: 'ec2', operation: 'RunInstances', invocation: 'nobody', truth: { kind: 'launch', instances: [] } },
    ],
  ])('%s', async (invariant, call) => {
    const face = await quietFace();
    called(face, call);
    expect(names(judgeRun(face))).toContain(invariant);
  });

  it.each([
    ['personsCordon', 'patchNode', { mark: undefined, wasCordoned: true, cordons: false, instanceAlive: true }],
    ['nodeBeforeInstance', 'deleteNode', { mark: 'x', wasCordoned: true, cordons: undefined, instanceAlive: true }],
  ] as const)('%s', async (invariant, operation, truth) => {
    const face = await quietFace();
    called(face, { operation, target: worker(face), truth: { kind: 'node', ...truth } });
    expect(names(judgeRun(face))).toEqual([invariant]);
  });

  it('a lease is kept by who fails and asks for no release, though a later tick frees it', async () => {
    // GIVEN a tick that failed because a write had no answer
    const face = await quietFace();
    const write = face.calls.find(({ invocation, target }) => invocation === 'tick-2' && target === 'save');
    const failed = face.invocations.find(({ id }) => id === 'tick-2');
    if (!write || !failed) throw new Error('tick-2 writes nothing');
    write.mishap = 'hang';
    failed.ending = 'failed';
    expect(names(judgeRun(face))).toEqual([]);
    // WHEN it never asked for the release
    const release = face.calls.findIndex(({ invocation, target }) => invocation === 'tick-2' && target === 'release');
    face.calls.splice(release, 1);
    // THEN
    expect(names(judgeRun(face))).toEqual(['leaseKept']);
  });

  it('a write of an epoch that is not the newest is stale', async () => {
    const face = await quietFace();
    called(face, {
      service: 'dynamodb',
      operation: 'UpdateItem',
      invocation: 'tick-1',
      target: 'save',
      truth: { kind: 'state', write: 'save', epochBefore: 3, epochAfter: 3 },
    });
    expect(names(judgeRun(face))).toEqual(['staleWrites']);
  });

  it('a mark that the holder does not look after is a lost wake-up', async () => {
    const face = await quietFace();
    const release = face.calls.findLast(({ truth }) => truth?.kind === 'state' && truth.write === 'release');
    const at = (release?.effectAt ?? 0) - 1;
    called(face, {
      service: 'dynamodb',
      operation: 'UpdateItem',
      invocation: 'alert-1',
      target: 'mark',
      issuedAt: at,
      effectAt: at,
      truth: { kind: 'state', write: 'mark', epochBefore: 3, epochAfter: 3 },
    });
    expect(names(judgeRun(face))).toEqual(['lostWakeUps']);
  });

  it('an eviction in a look whose Prometheus had failed is a removal on doubt', async () => {
    const face = await quietFace();
    const look = face.calls.filter(({ invocation, target }) => invocation === 'tick-3' && target === 'cpu 5m');
    for (const call of look) call.mishap = 'refuse 503';
    called(face, {
      operation: 'createEviction',
      target: 'web-1',
      truth: { kind: 'pod', node: worker(face), mark: 'removal-1@3' },
    });
    expect(names(judgeRun(face))).toEqual(['removalOnDoubt']);
  });

  it.each<[string, (call: CallRecord) => void, string[]]>([
    ['whose answer came too late', (call) => Object.assign(call, { mishap: 'late' }), ['removalOnDoubt']],
    ['that is six minutes old', ({ truth }) => Object.assign(truth ?? {}, { ageMs: 6 * MINUTE }), ['removalOnDoubt']],
    ['that is a minute old', ({ truth }) => Object.assign(truth ?? {}, { ageMs: MINUTE }), []],
    ['that lacks a worker of an hour', (call) => lacking(call, (nodes) => nodes.slice(0, 2)), ['removalOnDoubt']],
    ['that lacks a worker of two minutes', (call) => lacking(call, (nodes) => nodes), []],
  ])('an eviction by a Prometheus %s', async (_, spoil, expected) => {
    const face = await quietFace();
    const look = face.calls.filter(({ invocation, target }) => invocation === 'tick-3' && target === 'cpu 5m');
    expect(look.length).toBeGreaterThan(0);
    for (const call of look) spoil(call);
    called(face, {
      operation: 'createEviction',
      target: 'web-1',
      truth: { kind: 'pod', node: worker(face), mark: 'removal-1@3' },
    });
    expect(names(judgeRun(face))).toEqual(expected);
  });

  it('of a node that EC2 takes, the same is none: Prometheus is not needed to know that', async () => {
    const face = await quietFace();
    face.world.ec2.interrupt(launched(face)[0]?.id ?? '');
    const look = face.calls.filter(({ invocation, target }) => invocation === 'tick-3' && target === 'cpu 5m');
    for (const call of look) call.mishap = 'refuse 503';
    const truth = { kind: 'pod', node: worker(face), mark: 'removal-1@3' } as const;
    called(face, { operation: 'createEviction', target: 'web-1', truth });
    expect(names(judgeRun(face))).toEqual([]);
  });

  it.each([
    ['of a node that EC2 takes is as planned', true, []],
    ['of another one goes by what was seen last', false, ['removalOnDoubt']],
  ])('a cordon %s, where a later look of the same invocation has failed', async (_, isTaken, expected) => {
    const face = await quietFace();
    if (isTaken) face.world.ec2.interrupt(launched(face)[0]?.id ?? '');
    // GIVEN it looks again for something else, after it has written what it planned
    const later = { mutates: false, operation: 'listPods', mishap: 'late' } as const;
    called(face, { service: 'dynamodb', operation: 'UpdateItem', target: 'other' });
    called(face, later);
    const truth = {
      kind: 'node',
      cordons: true,
      wasCordoned: false,
      mark: 'removal-1@3',
      instanceAlive: true,
    } as const;
    called(face, { target: worker(face), truth });
    expect(names(judgeRun(face))).toEqual(expected);
  });

  it('a warning of an instance that EC2’s list hid from everybody who looked is not unheeded', async () => {
    const face = await quietFace();
    const instance = launched(face)[0]?.id ?? '';
    face.world.ec2.interrupt(instance);
    face.invoke({ id: 'told', notice: { kind: 'interruption', instance, at: face.conductor.now() } });
    await face.runUntil(7 * MINUTE + 10_000);
    face.calls = face.calls.filter(({ truth }) => truth?.kind !== 'node');
    expect(names(judgeRun(face))).toContain('unheededNotices');
    // WHEN it was not shown until then
    face.world.options.timings.describeLagMs = 10 * MINUTE;
    expect(names(judgeRun(face))).not.toContain('unheededNotices');
  });

  it('a warning that reached an unharmed invocation and led to nothing is unheeded; after a cordon it is not', async () => {
    // GIVEN the function is told, and looks, and does nothing
    const face = await quietFace();
    const instance = launched(face)[0]?.id ?? '';
    face.world.ec2.interrupt(instance);
    const at = face.conductor.now();
    const told = face.invoke({ id: 'told', notice: { kind: 'interruption', instance, at } });
    await face.runUntil(7 * MINUTE + 10_000);
    expect(told.ending).toBe('done');
    expect(names(judgeRun(face))).toEqual([]);
    const heeding = face.calls.filter(({ truth }) => truth?.kind === 'node');
    expect(heeding.length).toBeGreaterThan(0);
    // WHEN what it did is taken away
    face.calls = face.calls.filter((call) => !heeding.includes(call));
    // THEN
    expect(names(judgeRun(face))).toContain('unheededNotices');
  });

  it.each([
    ['is killed', 100_000, ['podsKilled']],
    ['is lost anyhow', 110_000, []],
  ])('a pod that our termination ends so long after a warning %s', async (_, afterMs, expected) => {
    const face = await quietFace();
    const instance = launched(face)[0]?.id ?? '';
    face.world.ec2.interrupt(instance);
    await face.runUntil(7 * MINUTE + afterMs);
    const { cluster } = face.config;
    const truth: CallRecord['truth'] = { kind: 'instance', cluster, role: 'worker', evictablePods: ['web-1'] };
    called(face, { service: 'ec2', operation: 'TerminateInstances', target: instance, truth });
    expect(names(judgeRun(face))).toEqual(expected);
  });

  it.each([
    [3, []],
    [2, ['beyondLimit']],
  ])('three workers where %i are allowed: %j', async (maxNodes, expected) => {
    const face = await quietFace();
    face.config.limits.maxNodes = maxNodes;
    expect(names(judgeRun(face))).toEqual(expected);
  });

  it('more workers than allowed are nobody’s fault where a sandbox was frozen in a call', async () => {
    const face = await quietFace();
    face.config.limits.maxNodes = 2;
    called(face, { mishap: 'freeze before' });
    expect(names(judgeRun(face))).toEqual([]);
  });

  it('a return to spot has a worker on demand as its reason, and is the only one of its time', async () => {
    // GIVEN a worker on demand for which a spot worker was launched
    const face = await quietFace();
    const launching = face.invocations[0]?.value as TickResult | undefined;
    const operation = launching?.operations[0];
    if (operation?.kind !== 'launch') throw new Error('the first tick launches nothing');
    const [second = '', first = ''] = launched(face).map(({ id }) => id);
    const returned = (id: string, instance: string) => ({
      ...operation,
      id,
      reason: 'back-to-spot',
      instances: [instance],
    });
    const told = (...operations: object[]) => Object.assign(face.invocations[2] as object, { value: { operations } });
    const market = (id: string, to: 'spot' | 'on-demand') =>
      Object.assign(face.world.ec2.all().find((each) => each.id === id) as object, { market: to });
    market(first, 'spot');
    told(returned('launch-a', first));
    expect(names(judgeRun(face))).toEqual([]);
    // WHEN a second one is launched before the first return has ended
    told(returned('launch-a', first), returned('launch-b', second));
    expect(names(judgeRun(face))).toEqual(['needlessReturns']);
    // WHEN nothing runs on demand
    told(returned('launch-a', first));
    market(second, 'spot');
    expect(names(judgeRun(face))).toEqual(['needlessReturns']);
    // WHEN it is a spot worker that is taken away
    market(second, 'on-demand');
    told({ ...operation, kind: 'removal', reason: 'back-to-spot', instance: first });
    expect(names(judgeRun(face))).toEqual(['needlessReturns']);
  });

  it('an invocation that fails though nothing was done to it is a failure', async () => {
    const face = await quietFace();
    face.invoke({ id: 'dies' }).kill();
    await face.runUntil(8 * MINUTE);
    expect(names(judgeRun(face))).toEqual(['failures']);
  });
});
