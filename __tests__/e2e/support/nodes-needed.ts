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
 * @param workload a Deployment whose replicas fill a node's CPU first
 */
export async function nodesNeeded(workload: ApiObject, config: RuntimeConfig): Promise<number> {
  const control = await ControlPlane.start();
  try {
    await control.apply();
    const id = (n: number) => `i-${n.toString(16).padStart(17, '0')}`;
    await control.create(registeredNode({ ...INSTANCE, instanceId: id(0), role: 'server' }, config));
    await control.create(registeredNode({ ...INSTANCE, instanceId: id(1), role: 'base' }, config));
    await control.create(workload);
    for (let workers = 0; ; workers++) {
      if (workers > 0) {
        const worker = { ...INSTANCE, instanceId: id(1 + workers), role: 'worker', pool: 'burst' } as const;
        await control.create(registeredNode(worker, config));
      }
      if ((await unplaced(control, workers + 1, workload.spec.replicas)) === 0) return workers;
    }
  } finally {
    await control.stop();
  }
}

/**
 * Pods without a node, once the scheduler says of each that every worker is full: by then it knows of all of them, and
 * that they are ready.
 *
 * @param workers base workers among them; the server's taint keeps the pods away from it
 */
async function unplaced(control: ControlPlane, workers: number, replicas: number): Promise<number> {
  let waiting: ApiObject[] = [];
  const said = () => waiting.map(refusalOf);
  const isAnswered = async () => {
    const pods = await control.admin.list('api/v1/namespaces/default/pods');
    waiting = pods.filter(({ spec }) => spec.nodeName === undefined);
    return pods.length === replicas && said().every((words) => words.includes(` ${workers} Insufficient cpu`));
  };
  const failure = () => [...new Set(said())].join('\n');
  await until(`${workers} workers are full, or all runs`, isAnswered, { withinMs: 60_000, everyMs: 50, failure });
  return waiting.length;
}

const refusalOf = ({ status }: ApiObject): string =>
  (status.conditions ?? []).find(({ type }: { type: string }) => type === 'PodScheduled')?.message ?? '';
