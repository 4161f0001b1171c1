import type { RuntimeConfig } from '../../config/runtime';
import type { Fleet } from '../fleet';
import { plainMachine } from '../machines';
import type { Policy } from './policy';

/** Of the reference design; docs/backtest.md says where it leaves something open and what is taken then. */
const MATRIX = {
  up: 70,
  down: 30,
  upWindowMs: 5 * 60_000,
  downWindowMs: 10 * 60_000,
  coolDownMs: 5 * 60_000,
  everyMs: 120_000,
};

/**
 * The reference design's decision matrix: a pod waits or CPU is above 70 %: one node more; CPU below 30 %: the oldest
 * goes; in a cool-down, or at the limit of nodes: nothing.
 *
 * @param stepMs of the range
 */
export function matrix(config: RuntimeConfig, stepMs: number): Policy {
  const machine = plainMachine(config);
  let quietUntil = Number.NEGATIVE_INFINITY;
  return {
    name: 'matrix',
    what: `one node at a time: pending or CPU > ${MATRIX.up} % up, CPU < ${MATRIX.down} % down, five minutes between`,
    everyMs: MATRIX.everyMs,
    look: (fleet, at) => {
      if (at < quietUntil) return;
      const deed = deedOf(fleet, at, stepMs, config.limits.maxNodes);
      if (!deed) return;
      quietUntil = at + MATRIX.coolDownMs;
      if (deed === 'up') fleet.launch(machine, at);
      else fleet.end(deed, at);
    },
  };
}

function deedOf(fleet: Fleet, at: number, stepMs: number, maxNodes: number) {
  const ready = fleet.nodes.filter(({ readyAt }) => readyAt <= at);
  const mean = (windowMs: number): number => {
    const known = ready.flatMap(({ load }) => load.mean(Math.round(windowMs / stepMs)) ?? []);
    return known.length === 0 ? Number.NaN : (100 * known.reduce((sum, share) => sum + share, 0)) / known.length;
  };
  // It counts the nodes that Prometheus shows, so none that is on its way.
  const hasRoom = ready.length < maxNodes;
  if (fleet.waiting.length > 0) return hasRoom ? 'up' : undefined;
  if (mean(MATRIX.upWindowMs) > MATRIX.up) return hasRoom ? 'up' : undefined;
  if (!(mean(MATRIX.downWindowMs) < MATRIX.down)) return undefined;
  return ready.find(({ role }) => role === 'worker');
}
