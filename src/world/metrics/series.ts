/** A series without its time. */
export interface Series {
  labels: Record<string, string>;
  value: number;
}

/** The targets that Prometheus scrapes, by job, as `k8s/` names them. */
export const JOB = { state: 'kube-state-metrics', node: 'node-exporter' } as const;

export const series = (name: string, labels: Record<string, string>, value: number): Series => ({
  labels: { __name__: name, ...labels },
  value,
});
