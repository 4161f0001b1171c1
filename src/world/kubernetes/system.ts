import { SERVER_NODE, STATUS } from '../../autoscaler/names';
import { type Context, newMeta } from './context';
import type { Controller, PodTemplateSpec, Toleration } from './objects';

const NAMESPACE = 'kube-system';
const EVERYWHERE: Toleration[] = [{ operator: 'Exists' }];

/** What a pod of the system asks for; K3s' own values for CoreDNS. */
const ON_SERVER: { name: string; requests?: Record<string, string> }[] = [
  { name: 'coredns', requests: { cpu: '100m', memory: '70Mi' } },
  { name: 'kube-state-metrics', requests: { cpu: '20m', memory: '64Mi' } },
  { name: 'prometheus', requests: { cpu: '100m', memory: '400Mi' } },
];

const template = (
  app: string,
  requests: Record<string, string> | undefined,
  nodeSelector?: Record<string, string>,
): PodTemplateSpec => ({
  metadata: { labels: { app } },
  spec: {
    containers: [{ name: app, image: `k3s/${app}`, ...(requests ? { resources: { requests } } : {}) }],
    tolerations: EVERYWHERE,
    priority: 2_000_000_000,
    ...(nodeSelector ? { nodeSelector } : {}),
  },
});

export const NODE_EXPORTER = 'node-exporter';
export const KUBE_STATE_METRICS = 'kube-state-metrics';

/** Puts the namespaces, the status ConfigMap, the DaemonSet node-exporter and the server's own Deployments there. Returns the uids of the controllers. */
export function installSystem(context: Context): Set<string> {
  for (const name of ['default', NAMESPACE]) {
    context.store.insert('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: newMeta(context, name, undefined, { labels: { 'kubernetes.io/metadata.name': name } }),
      status: { phase: 'Active' },
    });
  }
  // k8s/controller/status.yaml: empty, since the function may write it and not make it.
  context.store.insert('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: newMeta(context, STATUS.name, STATUS.namespace),
  });
  const exporter = context.store.insert<Controller>('daemonsets', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: newMeta(context, NODE_EXPORTER, NAMESPACE),
    spec: { selector: { matchLabels: { app: NODE_EXPORTER } }, template: template(NODE_EXPORTER, undefined) },
    status: {},
  });
  const sets = ON_SERVER.map(({ name, requests }) =>
    context.store.insert<Controller>('replicasets', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: newMeta(context, name, NAMESPACE),
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: template(name, requests, { 'kubernetes.io/hostname': SERVER_NODE }),
      },
      status: {},
    }),
  );
  return new Set([exporter, ...sets].map(({ metadata }) => metadata.uid));
}
