import { OWN_NAMES } from '../../src/backtest/node-names';
import { CPU_FACTOR, NEEDED_METRICS, QUERY_NAMES, type QueryName } from '../../src/backtest/queries';

/** What a made cluster looks like: a week with days and nights, bursts of jobs, and a restart now and then. */
export interface Made {
  from: number;
  steps: number;
  stepMs: number;
  /** About so many t3.medium at the height of a day. */
  nodes: number;
  seed: number;
}

type Points = [number, string][];

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Eight workloads of services, and four of jobs. */
const SHAPES = Array.from({ length: 12 }, (_, i) => ({
  cpuMilli: 100 + 50 * (i % 8) + (i >= 8 ? 25 : 0),
  mib: 128 * (1 + (i % 4)),
  isJob: i >= 8,
}));

/** The lines of an export, as docs/backtest.md describes it. */
export function madeExport({ from, steps, stepMs, nodes, seed }: Made): string {
  const random = randomOf(seed);
  const times = Array.from({ length: steps }, (_, i) => (from + i * stepMs) / 1000);
  const each = (value: (index: number) => number): Points => times.map((at, i) => [at, String(value(i))]);
  const days = (index: number): number => (index * stepMs) / 86_400_000;
  const busyHours = (index: number): number => 0.6 + 0.4 * Math.sin(2 * Math.PI * (days(index) - 0.25));
  const coresOfServices = (2 * nodes * 0.7) / 8;
  const counts = SHAPES.map(({ cpuMilli, isJob }) => {
    let jobs = 0;
    return Array.from({ length: steps }, (_, i) => {
      if (!isJob) return Math.round((busyHours(i) * coresOfServices * 1000) / cpuMilli);
      if (random() < 0.002) jobs += Math.ceil(random() * nodes * 0.5);
      else if (jobs > 0 && random() < 0.02) jobs -= 1;
      return jobs;
    });
  });
  const cores = Array.from({ length: steps }, (_, i) =>
    SHAPES.reduce(
      (sum, { cpuMilli }, s) => sum + ((counts[s]?.[i] ?? 0) * cpuMilli * (0.4 + 0.2 * random())) / 1000,
      0,
    ),
  );
  const series: Record<QueryName, { metric: Record<string, string>; values: Points }[]> = {
    fresh: [{ metric: {}, values: each((i) => (i % 3) + 0.5) }],
    seen: NEEDED_METRICS.map((name) => ({ metric: { __name__: name }, values: each(() => 100) })),
    strays: [],
    pods: SHAPES.map(({ cpuMilli, mib }, s) => ({
      metric: { shape: String(cpuMilli * CPU_FACTOR + mib) },
      values: each((i) => counts[s]?.[i] ?? 0).filter(([, count]) => count !== '0'),
    })),
    total: [{ metric: {}, values: each((i) => counts.reduce((sum, column) => sum + (column[i] ?? 0), 0)) }],
    daemons: ['cpu', 'memory'].map((resource) => ({
      metric: { resource },
      values: each(() => (resource === 'cpu' ? 0.1 : 2 ** 26)),
    })),
    workers: [{ metric: { ...OWN_NAMES }, values: each(() => nodes) }],
    busy: [{ metric: {}, values: each((i) => Number((cores[i] ?? 0).toFixed(6))) }],
    measured: [{ metric: {}, values: each(() => nodes) }],
    hottest: [{ metric: {}, values: each(() => 0.8) }],
    resets: [{ metric: {}, values: each(() => 0) }],
  };
  return QUERY_NAMES.map((query) =>
    JSON.stringify({ query, answer: { status: 'success', data: { resultType: 'matrix', result: series[query] } } }),
  ).join('\n');
}
