import type { RuntimeConfig, RuntimeSignal } from '../../config/runtime';
import type { Verdict } from '../plan';
import type { MetricsView } from '../snapshot';
import type { CpuReading } from './cpu';
import { verdict } from './verdict';

/**
 * CPU and the signals of the user's in one shape: a number for the whole cluster that held for a window, and two
 * thresholds. The gap between them is the hysteresis: in it nothing is launched and nothing goes.
 */
export type Reading = Measured | Doubtful;

interface Named {
  /** CPU has a name too, but its own words and its own reason. */
  name: string;
  code: 'cpu-high' | 'signal-high';
}

export interface Measured extends Named {
  known: true;
  /** What it was at least for the whole window; of CPU the mean over it. A launch is decided by this. */
  held: number;
  /** What it was at most; of CPU the mean over the window for removals. A removal is decided by this. */
  most: number;
  above: number;
  below?: number;
}

interface Doubtful extends Named {
  known: false;
  doubt: string;
}

/** All of them, CPU first. Without a view of Prometheus nothing is known of any. */
export const readingsOf = (cpu: CpuReading, metrics: MetricsView | undefined, config: RuntimeConfig): Reading[] => [
  cpuOf(cpu, config),
  ...config.policy.signals.map((signal) => signalOf(signal, metrics)),
];

function cpuOf(cpu: CpuReading, { policy }: RuntimeConfig): Reading {
  const named = { name: 'CPU', code: 'cpu-high' } as const;
  if (!cpu.known) return { ...named, known: false, doubt: cpu.doubt };
  return { ...named, known: true, held: cpu.up, most: cpu.down, above: policy.cpu.up, below: policy.cpu.down };
}

function signalOf({ name, above, below }: RuntimeSignal, metrics: MetricsView | undefined): Reading {
  const named = { name, code: 'signal-high' } as const;
  const read = metrics?.signals?.[name];
  if (!read) return { ...named, known: false, doubt: `signal ${name} was not read` };
  if (!read.known) return { ...named, known: false, doubt: read.doubt };
  const low = below ?? impliedBelow(above);
  return { ...named, known: true, held: read.least, most: read.most, above, ...(low !== undefined && { below: low }) };
}

/**
 * Without a gap a value that trembles around the threshold would buy a node and give it back by turns. Of one that is
 * not positive no share is below it.
 */
const impliedBelow = (above: number): number | undefined => (above > 0 ? (above * 80) / 100 : undefined);

/** Why data is doubtful: one of them that is not known keeps every node, as nobody can say that it is not needed. */
export const doubtOfReadings = (readings: readonly Reading[]): Verdict | undefined => {
  const doubts = readings.flatMap((reading) => (reading.known ? [] : [reading.doubt]));
  return doubts.length > 0 ? verdict('data-doubtful', `${doubts.join('; ')}.`) : undefined;
};

/** Whether what a stored launch of that reason is for is known; undefined where the reason is no reading. */
export function isReadable(readings: readonly Reading[], reason: string): boolean | undefined {
  if (reason !== 'cpu-high' && reason !== 'signal-high') return undefined;
  // Which signal it was for is not stored, so all of them must be known; and with none there is nothing to know it by.
  const asked = readings.filter(({ code }) => code === reason);
  return asked.length > 0 && asked.every(({ known }) => known);
}

/** Why no node may go: each must have been below its lower threshold, or not above its upper where it has no other. */
export function keptBy(readings: readonly Reading[]): Verdict | undefined {
  const doubt = doubtOfReadings(readings);
  if (doubt) return doubt;
  const busy = readings.find((reading) => reading.known && !isLow(reading)) as Measured | undefined;
  return busy && verdict('node-needed', whyNotLow(busy));
}

const isLow = ({ most, above, below }: Measured): boolean => (below === undefined ? most <= above : most < below);

const whyNotLow = ({ code, name, most, above, below }: Measured): string => {
  if (code === 'cpu-high') return `The mean CPU is ${most.toFixed(0)} %, not below ${below} %.`;
  const limit = below === undefined ? `above ${above}` : `not below ${shown(below)}`;
  return `Signal ${name} was up to ${shown(most)} in its window, ${limit}.`;
};

/** Enough digits to see the difference, without those of the floating point. */
export const shown = (value: number): string => String(Number(value.toPrecision(4)));
