import { ConfigError, type Violation } from '../../config/errors';
import type { RuntimeSignal } from '../../config/runtime';

/** Signals as somebody wrote them, and where. */
export interface WrittenSignals {
  /** A file, or a place in one. */
  source: string;
  /** In the order of `policy.signals` there. */
  signals: readonly RuntimeSignal[];
}

/**
 * Puts every query to Prometheus as it is. One that gives nothing passes: what it asks for may not be there yet, or only
 * in a real cluster.
 *
 * @param at milliseconds since 1970
 * @throws ConfigError that names every signal whose query does not parse, or gives another thing than one value
 */
export async function refuseSignals(url: string, at: number, { source, signals }: WrittenSignals): Promise<void> {
  const checked = await Promise.all(
    signals.map(async (signal, index): Promise<Violation[]> => {
      const wrong = wrongIn(await ask(url, signal.query, at));
      if (!wrong) return [];
      const keys = ['policy', 'signals', index, 'query'];
      return [{ keys, value: signal.query, rule: `signal ${signal.name}: ${wrong.rule}`, fix: wrong.fix }];
    }),
  );
  const violations = checked.flat();
  if (violations.length > 0) throw new ConfigError(source, violations);
}

interface Answer {
  error?: string;
  data?: { resultType: string; result: unknown[] };
}

async function ask(url: string, query: string, at: number): Promise<Answer> {
  const body = new URLSearchParams({ query, time: (at / 1000).toFixed(3) });
  const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
  return (await answer.json()) as Answer;
}

function wrongIn({ error, data }: Answer): Pick<Violation, 'rule' | 'fix'> | undefined {
  if (!data) {
    return { rule: `must be PromQL that Prometheus answers; it says: ${error}`, fix: 'correct the query' };
  }
  const { resultType, result } = data;
  if (resultType !== 'vector') {
    return {
      rule: `must give an instant vector, and is a ${resultType}`,
      fix: FIXES[resultType] ?? 'correct the query',
    };
  }
  if (result.length <= 1) return undefined;
  return {
    rule: `must give one value, and gives ${result.length}`,
    fix: 'make one of them: write sum(…), max(…) or avg(…) around it',
  };
}

/** A subquery takes instant vectors only, so these have no window. */
const FIXES: Record<string, string> = {
  scalar: 'write vector(…) around it',
  matrix: 'write a function over the range around it, like rate(…) or max_over_time(…)',
};
