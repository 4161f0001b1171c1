import type { MetricsSource } from '../autoscaler/ports';
import type { MetricsView, Observed, SignalReading } from '../autoscaler/snapshot';
import type { RuntimeSignal } from '../config/runtime';
import { SourceError, toUnknown } from './errors';
import { type Http, HttpClient, type HttpResponse, joinUrl } from './http';
import { parseMatrix, parseVector, type VectorSample } from './prometheus-response';
import { readSignal, unread, windowQuery } from './prometheus-signal';

export interface PrometheusOptions {
  /** May carry a path prefix. */
  url: string;
  /** Older data is `stale`. */
  dataMaxAgeMs: number;
  upWindowMs: number;
  downWindowMs: number;
  /** Of the user's: one more query each. */
  signals: RuntimeSignal[];
  /** For all queries together. */
  deadlineMs?: number;
  maxBytes?: number;
  /** In our own client's place. */
  http?: Http;
}

/**
 * Reads the metrics view: five instant queries, and one for each signal of the user's, at one instant, side by side,
 * under one deadline. A signal that cannot be read is a doubt about itself alone.
 */
export class PrometheusSource implements MetricsSource {
  readonly #http: Http;
  readonly #options: PrometheusOptions;
  readonly #queries: Record<QueryName, string>;

  constructor(options: PrometheusOptions) {
    this.#options = options;
    this.#http = options.http ?? new HttpClient({ maxBytes: options.maxBytes ?? 8 * 1024 * 1024 });
    this.#queries = queriesFor(options);
  }

  async observe(at: number): Promise<Observed<MetricsView>> {
    const deadline = AbortSignal.timeout(this.#options.deadlineMs ?? 4_000);
    const signals = this.#readSignals(at, deadline);
    try {
      const answers = await this.#queryAll(at, deadline);
      return this.#judge(at, answers, await signals);
    } catch (error) {
      return toUnknown('Prometheus', error);
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  async #queryAll(at: number, deadline: AbortSignal): Promise<Answers> {
    const entries = Object.entries(this.#queries) as [QueryName, string][];
    const answers = await Promise.all(
      entries.map(async ([name, query]) => [name, parseVector(await this.#query(query, at, deadline))] as const),
    );
    return Object.fromEntries(answers) as Answers;
  }

  /** Never fails: what goes wrong with one of them is its own reading. */
  async #readSignals(at: number, deadline: AbortSignal): Promise<Record<string, SignalReading>> {
    const read = async (signal: RuntimeSignal): Promise<SignalReading> => {
      try {
        return readSignal(signal, at, parseMatrix(await this.#query(windowQuery(signal), at, deadline)));
      } catch (error) {
        return unread(signal, error);
      }
    };
    const readings = this.#options.signals.map(async (signal) => [signal.name, await read(signal)] as const);
    return Object.fromEntries(await Promise.all(readings));
  }

  #query(query: string, at: number, signal: AbortSignal): Promise<HttpResponse> {
    return this.#http.send({
      method: 'POST',
      url: joinUrl(this.#options.url, 'api/v1/query'),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      // `time` as a float of seconds: the same instant for all queries, so that they agree.
      body: new URLSearchParams({ query, time: (at / 1000).toFixed(3) }).toString(),
      signal,
    });
  }

  /** Guards first: an empty answer means zero only where the data behind it is known to be fresh. */
  #judge(at: number, answers: Answers, signals: Record<string, SignalReading>): Observed<MetricsView> {
    const stateAge = this.#freshAge('kube-state-metrics', only('kube-state-metrics age', answers.stateAge));
    const exporterAges = byNode(answers.exporterAge);
    const fresh = [...exporterAges].filter(([, age]) => age * 1000 <= this.#options.dataMaxAgeMs);
    this.#freshAge('node-exporter', exporterAges.size === 0 ? undefined : Math.min(...exporterAges.values()));
    const nodes = new Set(fresh.map(([node]) => node));
    const oldest = Math.max(stateAge, ...fresh.map(([, age]) => age));
    return {
      known: true,
      at: at - Math.max(0, Math.round(oldest * 1000)),
      value: {
        unschedulablePods: only('unschedulable pods', answers.unschedulable) ?? 0,
        cpu: { up: cpuOf(answers.cpuUp, nodes), down: cpuOf(answers.cpuDown, nodes) },
        ...(this.#options.signals.length > 0 && { signals }),
      },
    };
  }

  /** Seconds. */
  #freshAge(source: string, age: number | undefined): number {
    if (age === undefined) {
      throw new SourceError('empty', `no series of ${source}: is it running, and scraped?`);
    }
    const max = this.#options.dataMaxAgeMs / 1000;
    if (age > max) {
      throw new SourceError('stale', `newest data of ${source} is ${age.toFixed(1)} s old, more than ${max} s`);
    }
    return age;
  }
}

type QueryName = 'stateAge' | 'exporterAge' | 'unschedulable' | 'cpuUp' | 'cpuDown';
type Answers = Record<QueryName, VectorSample[]>;

function queriesFor(options: PrometheusOptions): Record<QueryName, string> {
  const pod = 'namespace, pod, uid';
  return {
    // `timestamp()`, as an instant query serves values up to five minutes old after scrapes have stopped.
    stateAge: 'time() - max(timestamp(kube_node_info))',
    exporterAge: 'time() - max by (node) (timestamp(node_cpu_seconds_total{mode="idle"}))',
    // Emitted for gated pods too, which wait for a person, not for a node. `max by` folds the two series that a
    // restarted kube-state-metrics leaves for a pod.
    unschedulable:
      `count(max by (${pod}) (kube_pod_status_unschedulable == 1) unless on (${pod}) ` +
      `(max by (${pod}) (kube_pod_status_reason{reason="SchedulingGated"}) == 1))`,
    cpuUp: busyShare(options.upWindowMs),
    cpuDown: busyShare(options.downWindowMs),
  };
}

/**
 * Busy share by node. A ratio of two rates, never `1 - avg(rate(idle))`: rate() divides by the whole window, so with
 * three samples of a fresh node an idle one reads as 90 % busy and is bought a companion.
 */
function busyShare(windowMs: number): string {
  const window = `[${windowMs}ms]`;
  return (
    `1 - sum by (node) (rate(node_cpu_seconds_total{mode="idle"}${window})) / ` +
    `sum by (node) (rate(node_cpu_seconds_total${window}))`
  );
}

/** The value of a query that gives one number or nothing. */
function only(what: string, samples: VectorSample[]): number | undefined {
  if (samples.length > 1) throw new SourceError('invalid', `${what}: ${samples.length} values where one was asked for`);
  const value = samples[0]?.value;
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) {
    throw new SourceError('invalid', `${what} is ${value}, which is no number from zero up`);
  }
  return value;
}

function byNode(samples: VectorSample[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const { metric, value } of samples) {
    const node = metric.node;
    if (!node) {
      throw new SourceError(
        'invalid',
        'node_cpu_seconds_total has no label "node": relabel it from __meta_kubernetes_pod_node_name',
      );
    }
    values.set(node, value);
  }
  return values;
}

/**
 * Only of nodes whose exporter still answers: a terminated node's series stay in rate() for the window. A share of
 * 0/0 (counters that stand still) is no value.
 */
function cpuOf(samples: VectorSample[], nodes: Set<string>): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const [node, share] of byNode(samples)) {
    if (!nodes.has(node) || Number.isNaN(share)) continue;
    if (share < -0.01 || share > 1.01) {
      throw new SourceError('invalid', `CPU share of node ${node} is ${share}, which is not between 0 and 1`);
    }
    shares[node] = Math.min(1, Math.max(0, share));
  }
  return shares;
}
