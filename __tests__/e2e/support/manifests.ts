import { LABEL } from '../../../src/autoscaler/names';
import type { ApiObject } from './api';

/** Workloads of the cases; their pods are told by the label `app`. */

const ofPods = (name: string, spec: object) => ({
  metadata: { labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, ...spec },
});

function deployment(name: string, replicas: number, podSpec: object): ApiObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: ofPods(name, podSpec) },
  };
}

const container = (cpu: string) => ({
  name: 'c',
  image: 'nobody/pulls-it',
  resources: { requests: { cpu, memory: '64Mi' } },
});

/** @param cpu request of each replica */
export const ofCpu = (name: string, cpu: string, replicas: number): ApiObject =>
  deployment(name, replicas, { containers: [container(cpu)] });

/** One replica that runs on workers of a pool alone, and never beside another workload. */
export const inPool = (name: string, pool: string, cpu: string, besides: string): ApiObject =>
  deployment(name, 1, {
    containers: [container(cpu)],
    nodeSelector: { [LABEL.pool]: pool },
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: besides } } },
        ],
      },
    },
  });

/** Replicas that would rather be all on one node, the first of these or else the second, and may be anywhere. */
export const together = (name: string, replicas: number, nodes: readonly [string, string]): ApiObject =>
  deployment(name, replicas, {
    containers: [container('50m')],
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: nodes.map((node, rank) => ({
          weight: 100 - 50 * rank,
          preference: { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
        })),
      },
    },
    // In place of the scheduler's own, by which it would spread them.
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/os',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app: name } },
      },
    ],
  });

/** Of a workload's pods so many may be missing at a time. */
export const budget = (name: string, maxUnavailable: number): ApiObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'default' },
  spec: { maxUnavailable, selector: { matchLabels: { app: name } } },
});
