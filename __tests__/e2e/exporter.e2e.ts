import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exportedMetrics } from '../k8s/manifests';
import { freePorts } from '../support/ports';
import { itOrSkip } from '../support/skips';
import type { ApiObject } from './support/api';
import { missingControlPlane } from './support/binary';
import { ControlPlane } from './support/control-plane';
import { startKubeStateMetrics } from './support/monitoring';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

/** What the real kube-state-metrics 2.20 wrote about the cluster that is laid out below. */
const RECORDED = readFileSync(path.resolve(__dirname, '../fixtures/kube-state-metrics-2.20.prom'), 'utf8');

const METRICS = exportedMetrics();

const NODES = [1, 2, 3, 4, 5, 6, 7].map((i) => ({
  id: `i-0abc00000000000${String(i).padStart(2, '0')}`,
  name: `ip-10-0-1-${22 + i}-i-0abc00000000000${String(i).padStart(2, '0')}`,
}));

/** A node as the recording had it; on the first no DaemonSet's pod fits, and it is cordoned. */
function node({ id, name }: { id: string; name: string }): ApiObject {
  const full = id.endsWith('01');
  const room = { cpu: full ? '10m' : '2', memory: '4Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kwok.x-k8s.io/node': 'fake', 'kubernetes.io/hostname': name } },
    spec: { providerID: `aws:///us-east-1a/${id}`, unschedulable: full },
    status: {
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }],
      capacity: room,
      allocatable: room,
      nodeInfo: {
        kernelVersion: 'fake',
        osImage: 'fake',
        containerRuntimeVersion: 'containerd://2.1.4-k3s1',
        kubeletVersion: 'v1.36.3+k3s1',
        kubeProxyVersion: '',
        architecture: 'amd64',
        operatingSystem: 'linux',
        machineID: '',
        systemUUID: '',
        bootID: '',
      },
    },
  };
}

const containers = (requests: Record<string, string>) => [{ name: 'c', image: 'i', resources: { requests } }];
const pod = (name: string, spec: object): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: containers({ cpu: '100m', memory: '64Mi' }), ...spec },
});
const controller = (kind: string, namespace: string, name: string, spec: object, requests: Record<string, string>) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: {
    ...spec,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: containers(requests) } },
  },
});

const OBJECTS: ApiObject[] = [
  controller('Deployment', 'default', 'web', { replicas: 4 }, { cpu: '250m', memory: '256Mi' }),
  controller('DaemonSet', 'kube-system', 'agent', {}, { cpu: '50m', memory: '32Mi' }),
  pod('gated', { schedulingGates: [{ name: 'e2e/wait' }] }),
  pod('giant', { containers: containers({ cpu: '64', memory: '256Gi' }) }),
  pod('selector', { nodeSelector: { nowhere: 'true' } }),
];

/** Lines of the metrics, in no order, with what differs from run to run named alike: hashes, uids, addresses and times. */
function comparable(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => METRICS.some((metric) => new RegExp(`^(# \\w+ )?${metric}[ {]`).test(line)))
    .map((line) =>
      line
        .replace(/uid="[0-9a-f-]{36}"/, 'uid="…"')
        .replace(/(web)-[a-z0-9]{8,10}(?=")/, '$1-…')
        .replace(/(web)-[a-z0-9]{8,10}-[a-z0-9]{5}/, '$1-…-…')
        .replace(/(agent)-[a-z0-9]{5}/, '$1-…')
        .replace(/(pod_ip)="[0-9.]+"/, '$1="…"')
        // On which nodes of the same room the four go is the scheduler's dice.
        .replace(/(pod="web-.*,node)="ip-[^"]+"/, '$1="…"')
        // Seconds since 1970.
        .replace(/ [12](\.\d+)?e\+09$/, ' …e+09'),
    )
    .sort();
}

describe('the stand-in for kube-state-metrics', () => {
  itOrSkip(missingControlPlane(), 'writes what the real one wrote about the same cluster', async () => {
    // GIVEN
    const control = await ControlPlane.start();
    try {
      await control.apply();
      // What ships runs nowhere in this cluster, and was not there when it was recorded.
      for (const [kind, name] of [
        ['deployments', 'prometheus'],
        ['deployments', 'kube-state-metrics'],
        ['daemonsets', 'node-exporter'],
      ]) {
        await control.admin.delete(`apis/apps/v1/namespaces/monitoring/${kind}/${name}`);
      }
      for (const each of NODES) await control.create(node(each));
      for (const each of OBJECTS) await control.create(each);
      const { kubeStateMetrics: port } = await freePorts('kubeStateMetrics');
      const address = await startKubeStateMetrics(control, port);
      // WHEN
      const expected = comparable(RECORDED);
      let actual: string[] = [];
      const ms = await until(
        'its lines are those of the recording',
        async () => {
          actual = comparable(await (await fetch(`http://${address}/metrics`)).text());
          return JSON.stringify(actual) === JSON.stringify(expected);
        },
        { withinMs: 60_000, everyMs: 100 },
      ).catch(() => -1);
      // THEN
      expect(actual).toEqual(expected);
      printTable('The stand-in for kube-state-metrics', [
        ['lines compared', expected.length],
        ['start of the control plane', seconds(control.startedMs)],
        ['until they are the same', seconds(ms)],
      ]);
    } finally {
      await control.stop();
    }
  });
});
