import { config } from '../autoscaler/builders';
import { itOrSkip } from '../support/skips';
import { missingControlPlane } from './support/binary';
import { ControlPlane } from './support/control-plane';
import { registeredNode } from './support/nodes';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

describe('the control plane of these tests', () => {
  itOrSkip(missingControlPlane(), 'goes on where it was when its API server was away', async () => {
    // GIVEN a worker and a pod on it
    const control = await ControlPlane.start();
    try {
      const worker = { instanceId: 'i-ba5e', instanceType: 't3.medium', zone: 'us-east-1a', role: 'base' } as const;
      await control.create(registeredNode(worker, config));
      const runs = (name: string) => async () =>
        (await control.admin.get(`api/v1/namespaces/default/pods/${name}`)).status.phase === 'Running';
      const begun = performance.now();
      await control.create(pod('before'));
      await until('the pod runs', runs('before'), { withinMs: 60_000 });
      const toRunning = performance.now() - begun;
      // WHEN
      await control.killApiServer();
      await expect(control.admin.send('GET', 'readyz')).rejects.toThrow();
      const away = performance.now();
      await control.startApiServer();
      const back = performance.now() - away;
      // THEN
      expect(await runs('before')()).toBe(true);
      await control.create(pod('after'));
      await until('scheduler and kubelet are there again', runs('after'), { withinMs: 60_000 });
      printTable('The control plane', [
        ['start', seconds(control.startedMs)],
        ['first pod runs after', seconds(toRunning)],
        ['API server back after', seconds(back)],
      ]);
    } finally {
      await control.stop();
    }
  });
});

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'i' }] },
});
