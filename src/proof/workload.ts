import type { WorkloadStep } from '../world/scenario/types';

/** Pods of half a core, four to a worker, under a budget that lets one go at a time. */
export const web = (replicas: number, more: Partial<WorkloadStep> = {}): WorkloadStep => ({
  kind: 'workload',
  atMs: 0,
  workload: 'deployment',
  name: 'web',
  namespace: 'default',
  replicas,
  pod: { cpu: '500m', memory: '256Mi', usage: '50m' },
  pdb: { maxUnavailable: 1 },
  ...more,
});
