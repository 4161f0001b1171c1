import { type Range, timeOf } from './range';

/** What is wrong with the data, or less than it seems. */
export type FindingCode = keyof typeof MEANINGS;

const MEANINGS = {
  'no-data': 'kube-state-metrics told nothing. These steps are left out of everything.',
  stale: 'What kube-state-metrics told was too old. These steps are left out of everything.',
  incomplete: 'Not all metrics of pods were there. These steps are left out of everything.',
  invalid: 'A value cannot be: no number, below zero, more pods than whole ones, or a core busier than busy.',
  'off-grid': 'Points lie beside the steps, as when a clock was set. They are not used.',
  'cpu-unknown':
    'Not every worker told its CPU. The planner is told so, as it would be, and no other value is made up.',
  'cpu-reset': 'A counter of CPU time began anew, as after a restart of a node. The rate over it is a little low.',
  'cpu-saturated': 'A worker was busy to 95 % or more: more may have been asked for than could be measured.',
  'pods-too-large': 'No node of the configuration holds them. They are left out of everything.',
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
}

/** Gathers findings as the data is read, each with how often and from when to when. */
export class Findings {
  private readonly found = new Map<
    string,
    { code: FindingCode; of?: string; count: number; first?: number; last?: number }
  >();

  add(code: FindingCode, { at, of, count = 1 }: { at?: number; of?: string; count?: number } = {}): void {
    const key = `${code} ${of ?? ''}`;
    const known = this.found.get(key) ?? { code, count: 0, ...(of !== undefined && { of }) };
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

  list(): Finding[] {
    const order = Object.keys(MEANINGS);
    return [...this.found.values()]
      .sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code))
      .map(({ code, of, count, first, last }) => ({
        code,
        meaning: MEANINGS[code],
        count,
        ...(first !== undefined && { first: new Date(first).toISOString() }),
        ...(last !== undefined && { last: new Date(last).toISOString() }),
        ...(of !== undefined && { of }),
      }));
  }
}
