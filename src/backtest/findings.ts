import { SPOT } from '../cost/compute-prices';
import { type Range, timeOf } from './range';

/** What is wrong with the data, or less than it seems. */
export type FindingCode = keyof typeof MEANINGS;

const MEANINGS = {
  'no-data': 'kube-state-metrics told nothing. These steps are left out of everything.',
  stale: 'What kube-state-metrics told was too old. These steps are left out of everything.',
  incomplete: 'Not all metrics of pods were there. These steps are left out of everything.',
  invalid: 'A value cannot be: no number, below zero, more pods than whole ones, or a core busier than busy.',
  'daemons-absent': 'What DaemonSets request on a worker was not told. These steps are left out of everything.',
  'daemons-partial':
    'Of what DaemonSets request on a worker, only CPU or only memory was told. These steps are left out of everything.',
  'daemons-invalid':
    'What DaemonSets request on a worker cannot be: below zero, or without end. These steps are left out of everything.',
  'off-grid': 'Points lie beside the steps, as when a clock was set. They are not used.',
  'cpu-unknown':
    'Not every worker told its CPU. The planner is told so, as it would be, and no other value is made up.',
  'cpu-reset': 'A counter of CPU time began anew, as after a restart of a node. The rate over it is a little low.',
  'cpu-saturated': 'A worker was busy to 95 % or more: more may have been asked for than could be measured.',
  'pods-too-large': 'No node of the configuration holds them. They are left out of everything.',
  'spot-price-assumed': `Spot moves; it is taken at ${Math.round(100 * SPOT.share)} % of the on-demand price, all the time and for all types.`,
  'signal-not-replayed': 'Its values depend on the workers that were there. It is left out.',
} as const;

export interface Finding {
  code: FindingCode;
  meaning: string;
  /** How many steps, points or pods; a signal is one. */
  count: number;
  /** Where first and last; ISO 8601. Absent where it is of no time. */
  first?: string;
  last?: string;
  /** Which, where a code alone does not say. */
  of?: string;
  /** Of all pods times steps, 0–1; only of what is left out of them. */
  share?: number;
}

/** Why a step can be left out. */
const OF_STEPS: ReadonlySet<FindingCode> = new Set([
  'no-data',
  'stale',
  'incomplete',
  'invalid',
  'daemons-absent',
  'daemons-partial',
  'daemons-invalid',
]);

/** Gathers findings as the data is read, each with how often and from when to when. */
export class Findings {
  private readonly found = new Map<
    string,
    { code: FindingCode; of?: string; count: number; first?: number; last?: number; share?: number }
  >();

  add(
    code: FindingCode,
    { at, of, count = 1, share }: { at?: number; of?: string; count?: number; share?: number } = {},
  ): void {
    const key = `${code} ${of ?? ''}`;
    const known = this.found.get(key) ?? {
      code,
      count: 0,
      ...(of !== undefined && { of }),
      ...(share !== undefined && { share }),
    };
    known.count += count;
    if (at !== undefined) {
      known.first = Math.min(known.first ?? at, at);
      known.last = Math.max(known.last ?? at, at);
    }
    this.found.set(key, known);
  }

  addStep(code: FindingCode, range: Range, index: number): void {
    this.add(code, { at: timeOf(range, index) });
  }

  /** What steps were left out for. */
  leftOut(): Finding[] {
    return this.list().filter(({ code }) => OF_STEPS.has(code));
  }

  list(): Finding[] {
    const order = Object.keys(MEANINGS);
    return [...this.found.values()]
      .sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code))
      .map(({ code, of, count, first, last, share }) => ({
        code,
        meaning: MEANINGS[code],
        count,
        ...(first !== undefined && { first: new Date(first).toISOString() }),
        ...(last !== undefined && { last: new Date(last).toISOString() }),
        ...(of !== undefined && { of }),
        ...(share !== undefined && { share }),
      }));
  }
}
