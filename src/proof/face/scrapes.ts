import type { Sample } from '../../world/contract';
import type { World } from '../../world/world';

interface Scrape {
  at: number;
  /** Core-seconds by node. */
  cpu: Map<string, { idle: number; all: number }>;
  unschedulable: number;
  /** kube-state-metrics answered. */
  state: boolean;
}

/** As long as the longest window, and an instant query's look back, need. */
const KEPT_MS = 20 * 60_000;
const LOOKBACK_MS = 5 * 60_000;

/** What Prometheus knows: the world's series as they were at each scrape, as far as the queries read them. */
export class Scrapes {
  readonly #scrapes: Scrape[] = [];
  /** No scrape succeeds before then. */
  pausedUntil = 0;

  constructor(
    readonly world: World,
    everyMs: number,
  ) {
    const again = (): void => {
      this.#take();
      world.clock.schedule(world.clock.now() + everyMs, again);
    };
    again();
  }

  /** Forgets everything, as a Prometheus does whose volume is gone. */
  forget(): void {
    this.#scrapes.length = 0;
  }

  /** Of the newest sample; infinite where there is none. */
  ageMs(at: number): number {
    return at - (this.#scrapes.findLast((scrape) => scrape.at <= at)?.at ?? Number.NEGATIVE_INFINITY);
  }

  /** `time() - max(timestamp(…))`, seconds. */
  stateAge(at: number): number | undefined {
    const last = this.#instant(at, ({ state }) => state);
    return last && (at - last.at) / 1000;
  }

  exporterAges(at: number): Map<string, number> {
    const ages = new Map<string, number>();
    for (const scrape of this.#within(at, LOOKBACK_MS)) {
      for (const node of scrape.cpu.keys()) ages.set(node, (at - scrape.at) / 1000);
    }
    return ages;
  }

  /** Undefined where there is none: an empty answer. */
  unschedulable(at: number): number | undefined {
    return this.#instant(at, ({ state }) => state)?.unschedulable || undefined;
  }

  /** `1 - rate(idle) / rate(all)`: the windows' ends cancel out, so first and last sample tell it. */
  busyShares(at: number, windowMs: number): Map<string, number> {
    const first = new Map<string, { idle: number; all: number }>();
    const last = new Map<string, { idle: number; all: number }>();
    for (const { cpu } of this.#within(at, windowMs)) {
      for (const [node, seconds] of cpu) {
        if (!first.has(node)) first.set(node, seconds);
        else last.set(node, seconds);
      }
    }
    return new Map(
      [...last].map(([node, to]) => {
        const from = first.get(node) as typeof to;
        return [node, 1 - (to.idle - from.idle) / (to.all - from.all)];
      }),
    );
  }

  #instant(at: number, has: (scrape: Scrape) => boolean): Scrape | undefined {
    return this.#within(at, LOOKBACK_MS).findLast(has);
  }

  #within(at: number, windowMs: number): Scrape[] {
    return this.#scrapes.filter((scrape) => scrape.at <= at && scrape.at > at - windowMs);
  }

  #take(): void {
    const at = this.world.clock.now();
    if (at < this.pausedUntil) return;
    this.#scrapes.push(read(at, this.world.scrape()));
    while ((this.#scrapes[0] as Scrape).at < at - KEPT_MS) this.#scrapes.shift();
  }
}

function read(at: number, samples: Sample[]): Scrape {
  const scrape: Scrape = { at, cpu: new Map(), unschedulable: 0, state: false };
  const unschedulable = new Set<string | undefined>();
  const gated = new Set<string | undefined>();
  for (const { labels, value } of samples) {
    const name = labels.__name__;
    if (name === 'node_cpu_seconds_total') add(scrape.cpu, labels.node ?? '', labels.mode === 'idle', value);
    else if (name === 'kube_node_info') scrape.state = true;
    else if (name === 'kube_pod_status_unschedulable' && value === 1) unschedulable.add(labels.uid);
    else if (name === 'kube_pod_status_reason' && labels.reason === 'SchedulingGated') gated.add(labels.uid);
  }
  scrape.unschedulable = [...unschedulable].filter((uid) => !gated.has(uid)).length;
  return scrape;
}

function add(cpu: Scrape['cpu'], node: string, isIdle: boolean, value: number): void {
  const seconds = cpu.get(node) ?? { idle: 0, all: 0 };
  seconds.all += value;
  if (isIdle) seconds.idle += value;
  cpu.set(node, seconds);
}
