import type { NodeNames } from './node-names';

/** What is read of Prometheus to know what a cluster was asked for. docs/backtest.md says why each, and how to export. */
export const QUERY_NAMES = [
  'fresh',
  'seen',
  'strays',
  'pods',
  'total',
  'daemons',
  'workers',
  'busy',
  'measured',
  'hottest',
  'resets',
] as const;

export type QueryName = (typeof QUERY_NAMES)[number];

/** Without these nothing is known of pods. */
export const NEEDED_METRICS = [
  'kube_pod_container_resource_requests',
  'kube_pod_info',
  'kube_pod_status_phase',
] as const;

/** A pod's millicores times this, and its MiB on top, are one number: so pods are counted by what they ask for, in Prometheus. */
export const CPU_FACTOR = 2 ** 24;

/** Four scrapes, so that one that failed leaves a rate. */
const LEAST_WINDOW_S = 60;

const POD = 'namespace, pod, uid';

/** A pod that has ended asks for nothing any more, though its requests are told of until somebody deletes it. */
const NOT_ENDED = `max by (${POD}) (kube_pod_status_phase{phase=~"Pending|Running"}) == 1`;

/** Pods that a worker has to carry, each once though a restarted kube-state-metrics shows it twice for a while. */
const aliveBeside = (servers: string): string =>
  `max by (${POD}) (kube_pod_info{created_by_kind!~"DaemonSet|Node", node!~${servers}}) ` +
  `and on (${POD}) (${NOT_ENDED}) ` +
  `unless on (${POD}) (max by (${POD}) (kube_pod_status_reason{reason="SchedulingGated"}) == 1)`;

/** In backticks nothing is escaped (https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals). */
const quoted = (text: string): string => `\`${text}\``;

const labelled = (vector: string, label: string, value: string): string =>
  `label_replace(${vector}, "${label}", ${value}, "", "")`;

/** @param resource a matcher with its operator */
const requestsOf = (resource: string): string =>
  `sum by (${POD}, resource) (max by (${POD}, container, resource) ` +
  `(kube_pod_container_resource_requests{resource${resource}}))`;

/** @param stepMs of the range */
export function queriesFor(stepMs: number, names: NodeNames): Record<QueryName, string> {
  const [workers, servers] = [quoted(names.workers), quoted(names.servers)];
  const worker = `node=~${workers}`;
  const alive = aliveBeside(servers);
  const window = `[${Math.max(LEAST_WINDOW_S, Math.ceil(stepMs / 1000))}s]`;
  // A ratio of two rates, as the function asks: see src/adapters/prometheus.ts.
  const share =
    `1 - sum by (node) (rate(node_cpu_seconds_total{mode="idle", ${worker}}${window})) / ` +
    `sum by (node) (rate(node_cpu_seconds_total{${worker}}${window}))`;
  return {
    fresh: 'time() - max(timestamp(kube_node_info))',
    seen: `count by (__name__) ({__name__=~"${NEEDED_METRICS.join('|')}"})`,
    strays:
      `${labelled(`count by (node) (kube_node_info{${worker}, node=~${servers}})`, 'matches', '"both"')} or ` +
      labelled(`count by (node) (kube_node_info{node!~${workers}, node!~${servers}})`, 'matches', '"neither"'),
    pods:
      `count_values("shape", sum by (${POD}) (` +
      `round(1000 * ${requestsOf('="cpu"')}) * ${CPU_FACTOR} or ceil(${requestsOf('="memory"')} / 1048576) ` +
      `or 0 * (${alive})) and on (${POD}) (${alive}))`,
    // Where there is none, zero is told as long as its source is there: absent is never zero.
    total: `count(${alive}) or 0 * count(kube_pod_info)`,
    // Zero, too, where no worker has one, so that what is not told of is not known.
    daemons:
      `max by (resource) (sum by (node, resource) (${requestsOf('=~"cpu|memory"')} ` +
      `* on (${POD}) group_left (node) max by (${POD}, node) (kube_pod_info{created_by_kind="DaemonSet", ${worker}}) ` +
      `and on (${POD}) (${NOT_ENDED})))${['cpu', 'memory'].map((resource) => ` or ${labelled('0 * count(kube_pod_info)', 'resource', `"${resource}"`)}`).join('')}`,
    // With the patterns themselves, so that an export says by which it was asked for.
    workers: labelled(
      labelled(`count(max by (node) (kube_node_info{${worker}})) or 0 * count(kube_node_info)`, 'workers', workers),
      'servers',
      servers,
    ),
    busy: `sum((${share}) * on (node) count by (node) (node_cpu_seconds_total{mode="idle", ${worker}}))`,
    measured: `count(${share})`,
    hottest: `max(${share})`,
    resets: `sum(resets(node_cpu_seconds_total{mode="idle", ${worker}}${window}))`,
  };
}
