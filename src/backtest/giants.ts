import type { RuntimeConfig } from '../config/runtime';
import { DataRefused } from './errors';
import type { Findings } from './findings';
import type { History, Shape } from './history';
import { machineFor } from './machines';
import { timeOf } from './range';

/**
 * So much of all pods times steps may be left out. What policies cost shifts by about as much, so a choice between them that
 * hangs on more than that is still a choice between them.
 */
export const MOST_LEFT_OUT = 0.05;

/**
 * Leaves out the pods that no node of the configuration holds beside what DaemonSets ask for: nobody could run them, so
 * nobody is judged by them.
 *
 * @throws {DataRefused} where they are so many that the rest is another demand
 */
export function withoutGiants(history: History, config: RuntimeConfig, findings: Findings): History {
  const { shapes, counts, usable, daemons } = history;
  const isGiant = shapes.map((shape) => machineFor(shape, daemons, config) === undefined);
  const podSteps = counts.map((column) => column.reduce((sum, count, index) => (usable[index] ? sum + count : sum), 0));
  const all = podSteps.reduce((sum, each) => sum + each, 0);
  const shareOf = (each: number): number => (all === 0 ? 0 : each / all);
  const left = podSteps.reduce((sum, each, index) => (isGiant[index] ? sum + each : sum), 0);
  if (shareOf(left) > MOST_LEFT_OUT)
    throw refused(
      shareOf(left),
      shapes.filter((_, index) => isGiant[index]),
      history,
    );
  shapes.forEach((shape, index) => {
    if (!isGiant[index]) return;
    const most = (counts[index] as Float64Array).reduce((highest, count) => Math.max(highest, count), 0);
    findings.add('pods-too-large', { of: inWords(shape), count: most, share: shareOf(podSteps[index] as number) });
  });
  const kept = <T>(each: readonly T[]): T[] => each.filter((_, index) => !isGiant[index]);
  return { ...history, shapes: kept(shapes), counts: kept(counts) };
}

const inWords = ({ cpuMilli, memoryBytes }: Shape): string => `${cpuMilli}m, ${Math.ceil(memoryBytes / 2 ** 20)}Mi`;

/** Of many the message names the first. */
const MOST_NAMED = 5;

function refused(share: number, giants: readonly Shape[], { daemons, daemonSteps, range }: History): DataRefused {
  const iso = (at: number): string => new Date(at).toISOString();
  const named = giants.slice(0, MOST_NAMED).map(inWords).join('; ');
  const more = giants.length > MOST_NAMED ? ` and ${giants.length - MOST_NAMED} more` : '';
  const told = daemonSteps.map((index) => iso(timeOf(range, index)));
  const when = told.length === 0 ? '' : `, as \`daemons\` tells it of ${told.join(' and ')}`;
  return new DataRefused(
    `pods-too-large: of all pods times steps between ${iso(range.from)} and ${iso(range.to)}, ${(100 * share).toFixed(1)} % ` +
      'are of pods that no node of the configuration holds beside its DaemonSets, and ' +
      `${100 * MOST_LEFT_OUT} % may be left out at most: what remains is another demand. ` +
      `They request ${named}${more}; DaemonSets request ${inWords(daemons)} on a worker at most${when}. ` +
      'Name larger types in the pools (--config), or where that is too much for DaemonSets, a range without that step (--from, --to)',
  );
}
