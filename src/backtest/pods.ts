import type { Shape } from './history';

/** One pod of a replay. Which of its like it was, nothing tells: pods of a shape are interchangeable. */
export interface SimPod {
  id: number;
  /** Place in the history's shapes. */
  shape: number;
  /** Since when it waits; milliseconds since 1970. */
  since: number;
  node?: SimNode;
}

export interface SimNode {
  /** `i-…` */
  id: string;
  role: 'base' | 'worker';
  pool?: string;
  type: string;
  market: 'on-demand' | 'spot';
  zone: string;
  usdPerHour: number;
  cores: number;
  launchedAt: number;
  readyAt: number;
  isCordoned: boolean;
  free: { cpuMilli: number; memoryBytes: number; pods: number };
  /** Of everything that is not for DaemonSets. */
  size: { cpuMilli: number; memoryBytes: number; pods: number };
  pods: Set<SimPod>;
  /** Sum of the weights of its pods: its part of the cores that are busy. */
  weight: number;
  load: Load;
}

/** Busy share of a node's cores over time, as running sums: the mean of any window is two look-ups. */
export class Load {
  /** One more than the steps that were told. */
  private readonly sums: number[] = [0];
  private readonly counts: number[] = [0];

  /** @param share 0–1; undefined: not known in this step */
  tell(share: number | undefined): void {
    this.sums.push((this.sums.at(-1) as number) + (share ?? 0));
    this.counts.push((this.counts.at(-1) as number) + (share === undefined ? 0 : 1));
  }

  /** The mean over the last steps; undefined: none of them was known. */
  mean(steps: number): number | undefined {
    const last = this.sums.length - 1;
    const first = Math.max(0, last - steps);
    const known = (this.counts[last] as number) - (this.counts[first] as number);
    return known === 0 ? undefined : ((this.sums[last] as number) - (this.sums[first] as number)) / known;
  }
}

/** What kube-scheduler takes for the request of a container without one, when it weighs nodes. */
const UNASKED_CPU_MILLI = 100;

/** Cores that are busy are shared out by what pods ask for. */
export const weightOf = ({ cpuMilli }: Shape): number => (cpuMilli > 0 ? cpuMilli : UNASKED_CPU_MILLI);
