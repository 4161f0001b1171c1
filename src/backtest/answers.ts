import type { Series } from '../adapters/prometheus-response';
import { QUERY_NAMES, type QueryName } from './queries';

/** What each query gave. A series may be there in several parts, one for each page. */
export type Answers = Record<QueryName, Series[]>;

export const noAnswers = (): Answers =>
  Object.fromEntries(QUERY_NAMES.map((name): [QueryName, Series[]] => [name, []])) as unknown as Answers;

/** From the first to the last point of them all, milliseconds; undefined: there is none. */
export function extentOf(answers: Answers): { from: number; to: number } | undefined {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { points } of Object.values(answers).flat()) {
    for (const [at] of points) {
      from = Math.min(from, at);
      to = Math.max(to, at);
    }
  }
  return from <= to ? { from, to } : undefined;
}
