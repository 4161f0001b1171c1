import type { Credentials } from './credentials';

/** Ports of 127.0.0.1. */
export type Ports = Record<'etcd' | 'peer' | 'api' | 'controllers' | 'scheduler' | 'kwok', number>;

export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok';

const HOST = '127.0.0.1';
/** How long the node controller waits for a lease; by default 50. */
export const NODE_GRACE_SECONDS = 20;

/** What the control plane's settings differ in from Kubernetes' defaults, and why. */
export interface Settings {
  folder: string;
  ports: Ports;
  credentials: Credentials;
  /** Path by component. */
  kubeconfig: Record<'kube-controller-manager' | 'kube-scheduler' | 'kwok', string>;
  stages: string;
  /** What the API server notes of its requests, and where. */
  audit: { policy: string; log: string };
}

const flags = (all: Record<string, string | number | boolean>): string[] =>
  Object.entries(all).map(([name, value]) => `--${name}=${value}`);

/** Arguments of each component. Everything listens on 127.0.0.1 alone. */
export function argumentsOf(component: Component, settings: Settings): string[] {
  return [component, ...flags(ARGUMENTS[component](settings))];
}

const ARGUMENTS: Record<Component, (settings: Settings) => Record<string, string | number | boolean>> = {
  etcd: ({ folder, ports }) => ({
    name: 'e2e',
    'data-dir': `${folder}/etcd`,
    'listen-client-urls': `http://${HOST}:${ports.etcd}`,
    'advertise-client-urls': `http://${HOST}:${ports.etcd}`,
    'listen-peer-urls': `http://${HOST}:${ports.peer}`,
    'initial-advertise-peer-urls': `http://${HOST}:${ports.peer}`,
    'initial-cluster': `e2e=http://${HOST}:${ports.peer}`,
    'log-level': 'warn',
    // Nothing here is to outlive the machine's power.
    'unsafe-no-fsync': true,
  }),
  'kube-apiserver': ({ ports, audit, credentials: { files } }) => ({
    'etcd-servers': `http://${HOST}:${ports.etcd}`,
    'bind-address': HOST,
    'secure-port': ports.api,
    // A loopback address is refused as the endpoint of the Service `kubernetes`, which nobody uses here.
    'advertise-address': HOST,
    'endpoint-reconciler-type': 'none',
    'tls-cert-file': files.cert,
    'tls-private-key-file': files.key,
    'client-ca-file': files.ca,
    'token-auth-file': files.tokens,
    'authorization-mode': 'Node,RBAC',
    'anonymous-auth': true,
    'audit-policy-file': audit.policy,
    'audit-log-path': audit.log,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': files.serviceAccountKey,
    'service-account-signing-key-file': files.serviceAccountKey,
    // K3s' own.
    'service-cluster-ip-range': '10.43.0.0/16',
    profiling: false,
    v: 1,
  }),
  'kube-controller-manager': ({ ports, kubeconfig, credentials: { files } }) => ({
    ...delegated(kubeconfig['kube-controller-manager'], ports.controllers),
    'use-service-account-credentials': true,
    'service-account-private-key-file': files.serviceAccountKey,
    'root-ca-file': files.ca,
    // Of 5 and 50 s: a dead node is to show within a test.
    'node-monitor-period': '2s',
    'node-monitor-grace-period': `${NODE_GRACE_SECONDS}s`,
  }),
  'kube-scheduler': ({ ports, kubeconfig }) => ({
    ...delegated(kubeconfig['kube-scheduler'], ports.scheduler),
    // Says each attempt as it begins: there is nothing else that has them in their order.
    vmodule: 'schedule_one=3',
  }),
  kwok: ({ ports, kubeconfig, stages }) => ({
    kubeconfig: kubeconfig.kwok,
    config: stages,
    'manage-all-nodes': false,
    // By a label, not an annotation: a node whose label is taken off sends heartbeats no more, as one that has died.
    'manage-nodes-with-label-selector': 'kwok.x-k8s.io/node=fake',
    // The API server dials a node's address for logs and the like: none that is not this machine's.
    'node-ip': HOST,
    cidr: '10.42.0.0/16',
    'server-address': `${HOST}:${ports.kwok}`,
    'node-lease-duration-seconds': 40,
  }),
};

/** Of the two that serve HTTPS themselves and ask the API server who may read there. */
const delegated = (kubeconfig: string, port: number) => ({
  kubeconfig,
  'authentication-kubeconfig': kubeconfig,
  'authorization-kubeconfig': kubeconfig,
  'bind-address': HOST,
  'secure-port': port,
  'leader-elect': false,
  // The defaults, 20 to 50 requests a second, would make tests of hundreds of pods wait for their client.
  'kube-api-qps': 1000,
  'kube-api-burst': 2000,
  profiling: false,
});
