import { ANNOTATION, instanceIdOf, TAG, workerNodeName } from '../../autoscaler/names';
import { isLaunch, isOpen, isRemoval } from '../../autoscaler/planning/fleet-view';
import type { Operation } from '../../autoscaler/state';
import type { InstanceRecord } from '../../world/contract';
import { isReady, type Node } from '../../world/kubernetes/objects';
import { aliveAt, autoscaledOf, workersOf } from '../../world/report/fleet';
import { doubleLaunches } from '../../world/report/launches';
import type { Face } from '../face/face';
import { livesIn } from './lives';
import { type Violation, violation } from './violation';

const nodesOf = (face: Face): Node[] => face.world.kubernetes.list('nodes').items as Node[];
const isLive = ({ state }: InstanceRecord): boolean => state === 'pending' || state === 'running';

/** What nothing leads to its end: now, while nobody runs. */
export function orphans(face: Face): Violation[] {
  const open = face.state.operations.filter(isOpen);
  const nodes = nodesOf(face);
  const ready = new Set(nodes.filter(isReady).map(({ metadata }) => metadata.name));
  const accounted = new Set([
    ...open.filter(isLaunch).flatMap(({ instances }) => instances),
    ...open.filter(isRemoval).map(({ instance }) => instance),
  ]);
  const ours = face.world.ec2
    .all()
    .filter(({ tags }) => tags[TAG.cluster] === face.config.cluster && tags[TAG.role] === 'worker');
  const lost = ours.filter((i) => isLive(i) && !ready.has(workerNodeName(i.id)) && !accounted.has(i.id));
  const gone = new Set(ours.filter(({ state }) => state === 'terminated').map(({ id }) => id));
  const ghosts = nodes.filter(({ spec }) => {
    const id = instanceIdOf(spec.providerID) ?? '';
    return gone.has(id) && !accounted.has(id);
  });
  return [
    ...lost.map(({ id, state }) => violation('orphans', `${id} is ${state}, and no open operation knows it`)),
    ...ghosts.map(({ metadata }) => violation('orphans', `${metadata.name} is there, its instance is gone`)),
  ];
}

/** So long after its deadline every operation has ended: two ticks, and one that finds the lease held. */
const OVERDUE_MS = 360_000;

export const overdue = (face: Face): Violation[] =>
  face.state.operations
    .filter((operation) => isOpen(operation) && face.conductor.now() - operation.deadline > OVERDUE_MS)
    .map(({ id, phase }) => violation('overdue', `${id} is ${phase}`));

export function forgottenCordons(face: Face): Violation[] {
  const open = face.state.operations.filter(isOpen).filter(isRemoval);
  return nodesOf(face)
    .filter(({ metadata, spec }) => {
      const mark = metadata.annotations?.[ANNOTATION.operation];
      return mark !== undefined && spec.unschedulable && !open.some(({ id }) => mark.startsWith(`${id}@`));
    })
    .map(({ metadata }) =>
      violation('forgottenCordons', `${metadata.name} bears ${metadata.annotations?.[ANNOTATION.operation]}`),
    );
}

/** @param ticks when each tick that could do something ended, ascending */
export function tooMany(face: Face, operations: ReadonlyMap<string, Operation>, ticks: number[]): Violation[] {
  const { autoscaled, asked, needless } = launchesOf(face, operations);
  const facts = { autoscaled, asked, needless, end: face.conductor.now() };
  const told = (life: { id: string; operation?: string }, what: string) =>
    `${life.id} of ${life.operation} ${needless.has(life.id) ? 'was needless' : 'is beyond its operation'}${what}`;
  const outlived = doubleLaunches({ ...facts, ticks }).map((life) =>
    violation('doubleLaunches', told(life, ' and lived two ticks later')),
  );
  const wasFrozen = face.calls.some(({ mishap }) => mishap?.startsWith('freeze'));
  if (wasFrozen) return outlived;
  // With no tick to wait for, every life is judged from its first moment.
  const atOnce = doubleLaunches({ ...facts, ticks: [], end: Number.NEGATIVE_INFINITY });
  return [...outlived, ...atOnce.map((life) => violation('launchedTooMany', told(life, ' though nobody was frozen')))];
}

/** A sandbox that stood still in its call launches late, which EC2 cannot fence; nothing else may pass the limit. */
export function beyondLimit(face: Face): Violation[] {
  if (face.calls.some(({ mishap }) => mishap?.startsWith('freeze'))) return [];
  const { limits, pools } = face.config;
  const workers = workersOf(livesIn(face));
  return workers.flatMap(({ id, from, pool }) => {
    const alive = aliveAt(workers, from).length;
    const max = pools.find(({ name }) => name === pool)?.max ?? Number.POSITIVE_INFINITY;
    const inPool = aliveAt(workers, from).filter((other) => other.pool === pool).length;
    return [
      ...(alive > limits.maxNodes ? [violation('beyondLimit', `${id} is one of ${alive} workers`)] : []),
      ...(inPool > max ? [violation('beyondLimit', `${id} is one of ${inPool} workers of ${pool}`)] : []),
    ];
  });
}

/** Its plan was right when it was made; how old that may be is judged apart. */
const changedMeanwhile = ({ changes }: Face, plannedAt = 0, from = 0): boolean =>
  changes.some((at) => at >= plannedAt - CLOCKS_MS && at <= from);

/** A laptop may plan more nodes than are needed, up to the limits: that is no wisdom of ours, and no launch made twice. */
const isUnwise = ({ foreignPlans, options: { laptop } }: Face, createdAt: number | undefined): boolean =>
  foreignPlans.some(({ snapshot, plan }) => snapshot.at === createdAt && laptop?.written(plan)?.isHarmed);

/** As far as two hosts' clocks differ here, and the look before the plan. */
const CLOCKS_MS = 25_000;

function launchesOf(face: Face, operations: ReadonlyMap<string, Operation>) {
  const { events } = face.world;
  const asked = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'instance-launched' || event.operation === undefined) continue;
    asked.set(event.operation, Math.max(event.asked, asked.get(event.operation) ?? 0));
  }
  const autoscaled = autoscaledOf(livesIn(face));
  // Only a launch for pods can be needless by the pods: a signal or a minimum asks for a node whatever the pods do.
  const isForPods = (id: string | undefined): boolean => operations.get(id ?? '')?.reason === 'pending-pods';
  const needless = new Set(
    autoscaled
      .filter(({ id, operation }) => face.roomAtLaunch.has(id) && isForPods(operation))
      .filter(({ operation }) => !isUnwise(face, operations.get(operation ?? '')?.createdAt))
      .filter(({ operation, from }) => !changedMeanwhile(face, operations.get(operation ?? '')?.createdAt, from))
      .map(({ id }) => id),
  );
  return { autoscaled, asked, needless };
}
