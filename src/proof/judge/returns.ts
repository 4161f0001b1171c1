import type { Operation } from '../../autoscaler/state';
import { aliveAt, autoscaledOf, type Life } from '../../world/report/fleet';
import type { Face } from '../face/face';
import { livesIn } from './lives';
import { type Violation, violation } from './violation';

/** Instances that were launched, and workers that were taken away, to go back to spot. */
export function returnsOf(operations: Iterable<Operation>): {
  launched: ReadonlySet<string>;
  removed: ReadonlySet<string>;
} {
  const returns = [...operations].filter(({ reason }) => reason === 'back-to-spot');
  return {
    launched: new Set(returns.flatMap((o) => (o.kind === 'launch' ? o.instances : []))),
    removed: new Set(returns.flatMap((o) => (o.kind === 'removal' ? [o.instance] : []))),
  };
}

/** One at a time, and each for a worker that runs on demand. */
export function needlessReturns(face: Face, operations: ReadonlyMap<string, Operation>): Violation[] {
  const { launched, removed } = returnsOf(operations.values());
  const workers = autoscaledOf(livesIn(face));
  const onDemand = workers.filter(({ market }) => market === 'on-demand');
  const back = workers.filter(({ id }) => launched.has(id));
  const found = workers
    .filter(({ id, market }) => removed.has(id) && market === 'spot')
    .map(({ id }) => `${id} was spot`);
  for (const { id, from } of back) {
    if (aliveAt(onDemand, from).length === 0) found.push(`${id} was launched, and nothing ran on demand`);
    const others = aliveAt(back, from).filter((other) => other.id !== id);
    if (others.length > endedSince(onDemand, Math.min(...others.map((other) => other.from)), from))
      found.push(`${id} was launched before the worker for which ${others.map((other) => other.id)} came had gone`);
  }
  return found.map((detail) => violation('needlessReturns', detail));
}

const endedSince = (lives: Life[], since: number, until: number): number =>
  lives.filter(({ to = Number.POSITIVE_INFINITY }) => to >= since && to <= until).length;
