import type { RuntimeConfig } from '../../config/runtime';
import type { KubernetesView, MetricsView, Node } from '../snapshot';
import { warmWorkers } from './slots';

/** Mean CPU of the warm workers in percent. `doubt` says why there is none. */
export type CpuReading = { known: true; up: number; down: number; nodes: number } | { known: false; doubt: string };

export function readCpu(metrics: MetricsView, view: KubernetesView, at: number): CpuReading {
  const warm = warmWorkers(view, at);
  if (warm.length === 0) return { known: false, doubt: 'no worker is warm yet' };
  const silent = warm.filter((n) => metrics.cpu.up[n.name] === undefined || metrics.cpu.down[n.name] === undefined);
  if (silent.length > 0) {
    return { known: false, doubt: `Prometheus has no CPU of ${silent.map((n) => n.name).join(', ')}` };
  }
  const mean = (of: Record<string, number>) =>
    (100 * warm.reduce((sum, n) => sum + (of[n.name] ?? 0), 0)) / warm.length;
  return { known: true, up: mean(metrics.cpu.up), down: mean(metrics.cpu.down), nodes: warm.length };
}

/** Points that a removal must leave below the upper threshold, or the next tick would launch again. */
const MARGIN = 10;

/** What the mean would be if the work of the `leaving` nodes moved to the others, by cores, in percent. */
export function cpuWithout(leaving: Node[], metrics: MetricsView, view: KubernetesView, at: number): number {
  const warm = warmWorkers(view, at);
  const busy = warm.reduce((sum, n) => sum + busiest(n, metrics) * n.allocatable.cpuMilli, 0);
  const left = warm
    .filter((n) => !leaving.some(({ name }) => name === n.name))
    .reduce((sum, n) => sum + n.allocatable.cpuMilli, 0);
  return left > 0 ? (100 * busy) / left : busy > 0 ? Number.POSITIVE_INFINITY : 0;
}

const busiest = (node: Node, { cpu }: MetricsView): number =>
  Math.max(cpu.up[node.name] ?? 0, cpu.down[node.name] ?? 0);

export const wouldOverload = (predicted: number, config: RuntimeConfig): boolean =>
  predicted > config.policy.cpu.up - MARGIN;
