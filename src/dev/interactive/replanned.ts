import type { Plan } from '../../autoscaler/plan';
import { compare, type Difference, differenceLines } from '../../history/compare';
import { clockOf } from '../text';

/** A tick that was planned again by other code. */
export interface Replanned {
  at: number;
  differences: Difference[];
}

export const replanned = (at: number, recorded: Plan, now: Plan): Replanned => ({
  at,
  differences: compare(recorded, now),
});

/** Why it is another tick that is planned again. */
export const notRecorded = (at: number, recordedAt: number, isSame: boolean): string =>
  isSame
    ? `${clockOf(at)} had the plan of ${clockOf(recordedAt)}, and is recorded there`
    : `${clockOf(at)} was not recorded; the last one before it was ${clockOf(recordedAt)}`;

/** Subjects beyond these are counted. */
const FEW = 6;

/** What one tick would be decided now. */
export function replannedLines({ at, differences }: Replanned): string[] {
  if (differences.length === 0) return [`${clockOf(at)} planned again: the same decision`];
  return [
    `${clockOf(at)} planned again: ${count(differences.length, 'difference')}`,
    ...differences.slice(0, FEW).flatMap((difference) => differenceLines(difference)),
    ...(differences.length > FEW ? [`  and ${count(differences.length - FEW, 'other')}`] : []),
  ];
}

/** What a stretch of time would have been like. */
export function stretchLines(ticks: readonly Replanned[]): string[] {
  const changed = ticks.filter(({ differences }) => differences.length > 0);
  if (ticks.length === 0) return ['nothing was recorded in the last hour'];
  return [
    `the last hour, planned again: ${count(ticks.length, 'recorded plan')}, ${changed.length} of them otherwise`,
    ...changed.slice(0, FEW).flatMap(({ at, differences: [first, ...more] }) => {
      const others = more.length > 0 ? ` and ${count(more.length, 'other')}` : '';
      return first ? differenceLines({ ...first, what: `${clockOf(at)} ${first.what}${others}` }) : [];
    }),
    ...(changed.length > FEW ? [`  and ${changed.length - FEW} more`] : []),
  ];
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
