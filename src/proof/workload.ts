import type { WorkloadStep } from '../world/scenario/types';

/** Pods of half a core without a budget, three or four to a worker. */
export const halves = (replicas: number, more: Partial<WorkloadStep> = {}): WorkloadStep => ({
  kind: 'workload',
  atMs: 0,
  workload: 'deployment',
  name: 'web',
  namespace: 'default',
  replicas,
  pod: { cpu: '500m', memory: '256Mi', usage: '50m' },
  ...more,
});

/** The same under a budget that lets one go at a time. */
export const web = (replicas: number, more: Partial<WorkloadStep> = {}): WorkloadStep =>
  halves(replicas, { pdb: { maxUnavailable: 1 }, ...more });
