import type { RuntimeConfig } from '../../../src/config/runtime';
import type { ApiObject } from './api';
import { ControlPlane } from './control-plane';
import { registeredNode } from './nodes';
import { until } from './until';

const INSTANCE = { instanceType: 't3.medium', zone: 'us-east-1a' } as const;

/**
 * The smallest number of workers of pool `burst`, beside one base worker, on which the real scheduler places all replicas
 * at once: tried in a cluster of its own, with what ships in `k8s/` running there too.
 *
 * @param workload a Deployment
 */
export async function nodesNeeded(workload: ApiObject, config: RuntimeConfig): Promise<number> {
  const control = await ControlPlane.start();
  try {
    await control.apply();
    const id = (n: number) => `i-${n.toString(16).padStart(17, '0')}`;
    await control.create(registeredNode({ ...INSTANCE, instanceId: id(0), role: 'server' }, config));
    await control.create(registeredNode({ ...INSTANCE, instanceId: id(1), role: 'base' }, config));
    const total: number = workload.spec.replicas;
    await control.create(workload);
    for (let workers = 0; ; workers++) {
      if (workers > 0) {
        const worker = { ...INSTANCE, instanceId: id(1 + workers), role: 'worker', pool: 'burst' } as const;
        await control.create(registeredNode(worker, config));
      }
      if ((await settled(control, workers + 2, total)) === total) return workers;
    }
  } finally {
    await control.stop();
  }
}

/** Pods that are bound, once each has been looked at with the nodes that are there. */
async function settled(control: ControlPlane, nodes: number, total: number): Promise<number> {
  const pods = () => control.admin.list('api/v1/namespaces/default/pods');
  const daemons = () => control.admin.list('api/v1/namespaces/monitoring/pods');
  const isBound = ({ spec }: ApiObject) => spec.nodeName !== undefined;
  // The exporter of the newest node runs: its taints are gone, and it has been offered.
  const exporters = async () =>
    (await daemons()).filter(({ metadata, status }) => {
      return metadata.labels?.['app.kubernetes.io/name'] === 'node-exporter' && status.phase === 'Running';
    }).length;
  await until(`${nodes} nodes take pods`, async () => (await exporters()) >= nodes, { withinMs: 60_000 });
  let bound = -1;
  let since = Date.now();
  await until(
    'no pod is bound any more',
    async () => {
      const now = (await pods()).filter(isBound).length;
      if (now !== bound) since = Date.now();
      bound = now;
      return now === total || Date.now() - since > 2_000;
    },
    { withinMs: 60_000, everyMs: 100 },
  );
  return bound;
}
