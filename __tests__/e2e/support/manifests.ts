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

/** Replicas that would rather be on workers of the autoscaler, each on another, and may be anywhere. */
export const spreadOver = (name: string, replicas: number): ApiObject =>
  deployment(name, replicas, {
    containers: [container('100m')],
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            preference: { matchExpressions: [{ key: 'k3s-autoscaler/managed', operator: 'Exists' }] },
          },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
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
