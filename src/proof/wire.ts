import { ANNOTATION } from '../autoscaler/names';
import type { Node } from '../world/kubernetes/objects';
import { type PlayOptions, play, type Recording } from '../world/play';
import { Random } from '../world/random';
import { orphans } from '../world/report/launches';
import { summaryOf } from '../world/report/summary';
import { tickValueOf } from '../world/report/tick-value';
import type { Fault, Scenario, ServiceFault } from '../world/scenario/types';
import { type Violation, violation } from './judge/violation';
import { EVERY_MS } from './play';
import { QUICK } from './scenarios';
import { web } from './workload';

/**
 * What is proven in process, a sample of it again with the artifact itself: its bundle in sandboxes, real sockets, the
 * AWS SDK, TLS, a real Prometheus. Up to ten invocations at the first instant and a few at the later ones, and what goes
 * wrong is drawn.
 */

/** Each eighth begins with ten; sandboxes are what a run costs. */
const overlapOf = (seed: number) => (tick: number) =>
  tick === 0 ? (seed % 8 === 1 ? 10 : 3) : 1 + ((seed + tick) % 3);
/** In these something goes wrong. */
const TROUBLED_TICKS = 3;
const CALM_TICKS = 3;
/** Two more where an instance never joins, and has a deadline, or is taken, and its Node goes two ticks later. */
const CALM_TICKS_AFTER_LOSS = 5;
/** What is to go wrong with some call does so until then or not at all. */
const TROUBLE_ENDS_MS = TROUBLED_TICKS * EVERY_MS + 30_000;

export function drawScenario(seed: number): Scenario {
  const random = new Random(seed, 'wire');
  const upTo = (n: number) => Math.floor(random.next() * (n + 1));
  const one = <T>(list: readonly T[]): T => list[upTo(list.length - 1)] as T;
  const atMs = () => upTo(TROUBLED_TICKS * EVERY_MS);
  const drawn: (() => Fault)[] = [
    () => service(atMs(), 'lambda', { fault: 'crash', [one(['after', 'before'])]: one(CALLS) }),
    () => service(atMs(), ...one(LOST)),
    () =>
      service(atMs(), 'ec2', { operation: 'RunInstances', error: 'InsufficientInstanceCapacity', times: 1 + upTo(2) }),
    () => service(atMs(), 'kubernetes', { operation: one(WRITES), error: 'Conflict', times: 1 + upTo(2) }),
    () => service(atMs(), one(SOURCES), { fault: one(['down', 'hang', 'garbage']), forMs: EVERY_MS }),
    () => ({ kind: 'spot-interruption', atMs: EVERY_MS * 2 + upTo(EVERY_MS), target: 'oldest' }),
  ];
  const replicas = 5 + upTo(10);
  const later = random.next() < 0.6 ? [web(upTo(15), { atMs: EVERY_MS * 2 + upTo(EVERY_MS) })] : [];
  const faults = Array.from({ length: 1 + upTo(3) }, () => one(drawn)());
  if (random.next() < 0.2) faults.push(service(0, 'node', { fault: 'never-joins', times: 1 }));
  const isLong = faults.some((fault) => fault.kind === 'spot-interruption' || isOfNodes(fault));
  const ticks = TROUBLED_TICKS + (isLong ? CALM_TICKS_AFTER_LOSS : CALM_TICKS);
  return {
    name: `wire-${seed}`,
    seed,
    cluster: { config: { policy: QUICK }, baseWorkers: 1 },
    world: { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: upTo(1) * 30_000, podStartMs: 5_000 },
    durationMs: (ticks + 0.5) * EVERY_MS,
    workloads: [web(replicas, { atMs: upTo(EVERY_MS) }), ...later],
    faults,
    invocations: { everyMs: EVERY_MS, jitterMs: 0, overlap: 1 },
    expect: [],
  };
}

const CALLS = ['ec2.RunInstances', 'dynamodb.UpdateItem', 'kubernetes.patchNode', 'kubernetes.createEviction'];
const LOST: [ServiceFault['service'], Partial<ServiceFault>][] = [
  ['ec2', { operation: 'RunInstances', fault: 'lost-response' }],
  ['ec2', { operation: 'TerminateInstances', fault: 'lost-response' }],
  ['dynamodb', { operation: 'UpdateItem', fault: 'lost-response' }],
];
const WRITES = ['patchNode', 'createEviction'];
const SOURCES = ['prometheus', 'kubernetes', 'ec2'] as const;

const service = (atMs: number, name: ServiceFault['service'], more: Partial<ServiceFault>): Fault => ({
  kind: 'service',
  atMs,
  service: name,
  ...(more.forMs === undefined && { times: 1, forMs: TROUBLE_ENDS_MS - atMs }),
  ...more,
});

const isOfNodes = (fault: Fault): boolean => fault.kind === 'service' && fault.service === 'node';

/** Plays one seed with the artifact, and judges what is left and what happened. */
export async function playWire(
  seed: number,
  { bundle, prometheus }: Pick<PlayOptions, 'bundle' | 'prometheus'>,
): Promise<{ recording: Recording; violations: Violation[] }> {
  const scenario = drawScenario(seed);
  const recording = await play(scenario, { bundle, prometheus, overlap: overlapOf(seed) });
  return { recording, violations: judge(recording) };
}

function judge(recording: Recording): Violation[] {
  const { scenario, counts } = recording;
  const summary = summaryOf(recording);
  const wanted = replicasOf(scenario);
  const found: Violation[] = [];
  for (const name of ['doubleLaunches', 'pdbViolations'] as const) {
    if (summary[name] > 0) found.push(violation(name, `${summary[name]} in the report of ${scenario.name}`));
  }
  const { running, pending } = counts.pods;
  if (running !== wanted)
    found.push(violation('podsNotRunning', `${running} of ${wanted} run, ${pending} are pending`));
  return [...found, ...orphansLeft(recording), ...leaseHeld(recording), ...forgottenCordons(recording)];
}

const replicasOf = ({ workloads }: Scenario): number =>
  workloads.reduce((last, step) => (step.kind === 'workload' ? (step.replicas ?? last) : last), 0);

const openRemovals = (recording: Recording) =>
  lastTick(recording).flatMap(({ operations }) => operations.filter(({ kind }) => kind === 'removal'));

/** But for those whose removal waits for EC2. */
function orphansLeft(recording: Recording): Violation[] {
  const { instances, nodes, config, end } = recording;
  const { joinDeadlineMs } = config.policy;
  const known = new Set(openRemovals(recording).flatMap(({ instance, node }) => [instance, node?.name]));
  return orphans({ instances, nodes, cluster: config.cluster, joinDeadlineMs, end })
    .filter((name) => !known.has(name))
    .map((name) => violation('orphans', name));
}

const lastTick = ({ ticks }: Recording) => {
  const at = Math.max(...ticks.filter(({ byEvent }) => !byEvent).map((tick) => tick.at));
  return ticks.filter((tick) => tick.at === at && !tick.byEvent).map(({ result }) => tickValueOf(result));
};

/** One of those that came last must have got it. */
const leaseHeld = (recording: Recording): Violation[] =>
  lastTick(recording).some(({ epoch }) => epoch !== null)
    ? []
    : [violation('leaseHeld', 'none of the last invocations was given it')];

function forgottenCordons(recording: Recording): Violation[] {
  const open = openRemovals(recording);
  return (recording.nodes as unknown as Node[]).flatMap(({ metadata, spec }) => {
    const mark = metadata.annotations?.[ANNOTATION.operation];
    const isForgotten = mark !== undefined && spec.unschedulable && !open.some(({ id }) => mark.startsWith(`${id}@`));
    return isForgotten ? [violation('forgottenCordons', `${metadata.name} bears ${mark}`)] : [];
  });
}
