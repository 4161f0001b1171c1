import type { Answers } from './answers';
import { type Column, Columns } from './columns';
import { Daemons } from './daemons';
import { DataRefused } from './errors';
import type { FindingCode, Findings } from './findings';
import { inWords, namesIn, refuseStrays } from './node-names';
import { CPU_FACTOR, NEEDED_METRICS } from './queries';
import type { Range } from './range';

/** Pods that ask for the same. */
export interface Shape {
  cpuMilli: number;
  memoryBytes: number;
}

/** What the cluster was asked for, step by step: nothing of it depends on which workers it had. */
export interface History {
  range: Range;
  /** Whether the pods of the step are known; the others are left out of everything. */
  usable: boolean[];
  shapes: Shape[];
  /** Pods of each shape at each step. */
  counts: Float64Array[];
  /** Cores that all workers together were busy with; NaN where it is not known. */
  busyCores: Float64Array;
  /** What DaemonSets ask for on a worker at most. */
  daemons: Shape;
  /** The steps that told so first. */
  daemonSteps: number[];
}

/** Of what the function calls stale: the default of `policy.dataMaxAge`, seconds. */
const MOST_AGE_S = 90;
/** As Prometheus tells it, a share may be off by a rounding. */
const TOLERANCE = 0.01;
const SATURATED = 0.95;
/** So much of the range must be usable: what is left out could be the very hour that matters. */
export const LEAST_USABLE = 0.9;

/**
 * Puts answers on the grid of the range, and names what cannot be used.
 *
 * @throws {DataRefused} where too little is left for an honest answer
 */
export function historyOf(answers: Answers, range: Range, findings: Findings): History {
  refuseStrays(answers, range);
  const columns = new Columns(answers, range, findings);
  const pods = podsOf(columns);
  const daemons = new Daemons(columns);
  const usable = usableSteps(columns, pods, daemons, findings);
  const busyCores = cpuOf(columns, usable, range, findings);
  refuseGaps(usable, range, findings);
  if (hasNoWorker(columns)) {
    throw new DataRefused(
      `The data has no worker at any time, by ${namesIn(answers).map(inWords).join(' and ') || '--workers'}: what ` +
        "was used cannot be told. Give a regular expression for the names of your workers, like --workers 'ip-10-0-1-.*'",
    );
  }
  if (!busyCores.some(Number.isFinite)) {
    throw new DataRefused(
      'The data has no CPU of a worker: node_cpu_seconds_total with a label node that names a worker is missing in the whole ' +
        'range, or has less than two scrapes in a minute; have node-exporter scraped as k8s/prometheus/prometheus.yml does, or ' +
        'give a --step of four scrapes',
    );
  }
  return { range, usable, busyCores, daemons: daemons.most(usable), daemonSteps: daemons.steps(usable), ...pods };
}

/** As where the names are another cluster's: its CPU would be taken for nothing at all, and so would pods on its servers. */
const hasNoWorker = (columns: Columns): boolean => columns.single('workers').every((count) => !(count > 0));

type Pods = Pick<History, 'shapes' | 'counts'>;

function podsOf(columns: Columns): Pods {
  const byShape = [...columns.by('pods', 'shape')].filter(([shape]) => shape !== '');
  return {
    shapes: byShape.map(([text]) => {
      const code = Number(text);
      const cpuMilli = Math.floor(code / CPU_FACTOR);
      return { cpuMilli, memoryBytes: (code - cpuMilli * CPU_FACTOR) * 2 ** 20 };
    }),
    // A shape that is not told of has no pods, as long as the step itself is known.
    counts: byShape.map(([, column]) => column.map((count) => (Number.isNaN(count) ? 0 : count))),
  };
}

/** Each step has one fate, so that less data never makes fewer findings. */
function usableSteps(columns: Columns, pods: Pods, daemons: Daemons, findings: Findings): boolean[] {
  const fresh = columns.single('fresh');
  const total = columns.single('total');
  const seen = columns.by('seen', '__name__');
  const isShape = pods.shapes.every(({ cpuMilli, memoryBytes }) => cpuMilli >= 0 && memoryBytes >= 0);
  const fateAt = (index: number): FindingCode | undefined => {
    const age = fresh[index] as number;
    if (Number.isNaN(age)) return 'no-data';
    if (age > MOST_AGE_S) return 'stale';
    if (NEEDED_METRICS.some((name) => !((seen.get(name)?.[index] ?? 0) > 0)) || Number.isNaN(total[index])) {
      return 'incomplete';
    }
    if (age < 0 || !isShape || pods.counts.some((column) => !isCount(column[index]))) return 'invalid';
    // The shapes must account for every pod: one that is missing would be taken for pods that are gone.
    const told = pods.counts.reduce((sum, column) => sum + (column[index] as number), 0);
    return told === total[index] ? daemons.fateAt(index) : 'incomplete';
  };
  return Array.from(fresh, (_, index) => {
    const fate = fateAt(index);
    if (fate) findings.addStep(fate, columns.range, index);
    return fate === undefined;
  });
}

const isCount = (value = Number.NaN): boolean => Number.isInteger(value) && value >= 0;

function cpuOf(columns: Columns, usable: readonly boolean[], range: Range, findings: Findings): Column {
  const workers = columns.single('workers');
  const busy = columns.single('busy');
  const measured = columns.single('measured');
  const hottest = columns.single('hottest');
  const resets = columns.single('resets');
  const fateAt = (index: number): FindingCode | undefined => {
    const [cores, hot] = [busy[index] as number, hottest[index] as number];
    if (cores < -TOLERANCE || hot < -TOLERANCE || hot > 1 + TOLERANCE || cores === Number.POSITIVE_INFINITY)
      return 'invalid';
    const isWhole = (measured[index] as number) >= (workers[index] as number);
    if (!isWhole || [cores, hot, resets[index]].some(Number.isNaN)) return 'cpu-unknown';
    if ((resets[index] as number) > 0) return 'cpu-reset';
    return hot >= SATURATED ? 'cpu-saturated' : undefined;
  };
  return busy.map((cores, index) => {
    if (!usable[index]) return Number.NaN;
    // Without a worker no core is busy, and nothing tells so.
    if (workers[index] === 0) return 0;
    const fate = fateAt(index);
    if (fate) findings.addStep(fate, range, index);
    return fate === 'invalid' || fate === 'cpu-unknown' ? Number.NaN : Math.max(0, cores);
  });
}

function refuseGaps(usable: readonly boolean[], { from, to }: Range, findings: Findings): void {
  const share = usable.filter(Boolean).length / usable.length;
  if (share >= LEAST_USABLE) return;
  const left = findings.leftOut().map(({ code, count }) => `${code}: ${count}`);
  const between = `${new Date(from).toISOString()} and ${new Date(to).toISOString()}`;
  throw new DataRefused(
    `Only ${(100 * share).toFixed(1)} % of the steps between ${between} can be used, and ${100 * LEAST_USABLE} % must be: ` +
      `of the others ${NEEDED_METRICS.join(', ')} or kube_node_info is missing or old, or what DaemonSets request is not told ` +
      `(${left.join(', ')}). ` +
      'Give a range for which they are there (--from, --to); docs/backtest.md says what has to be scraped',
  );
}
