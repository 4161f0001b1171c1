import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusSource } from '../../src/adapters/prometheus';
import { workerNodeName } from '../../src/autoscaler/names';
import { config } from '../autoscaler/builders';
import { itOrSkip } from '../support/skips';
import { missingControlPlane } from './support/binary';
import { ControlPlane } from './support/control-plane';
import { Monitoring } from './support/monitoring';
import { registeredNode } from './support/nodes';
import { missingMonitoring } from './support/prometheus';
import { printTable, seconds } from './support/table';
import { until } from './support/until';

const INSTANCE = { instanceId: 'i-ba5e', instanceType: 't3.medium', zone: 'us-east-1a', role: 'base' } as const;
const WORKER = workerNodeName(INSTANCE.instanceId);
/** From a pod that waits to the push; told and not asserted: what a busy machine takes is no fault of ours. */
const GOAL_MS = 20_000;

/** Takes alerts as the function's URL does. */
async function startReceiver() {
  const received: { authorization: string; alerts: { labels: Record<string, string> }[]; at: number }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ authorization: `${request.headers.authorization}`, alerts: JSON.parse(body), at: Date.now() });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { received, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('Prometheus, as it is configured', () => {
  itOrSkip(
    missingControlPlane() ?? missingMonitoring(),
    'finds the exporters by itself, tells the function how busy each node is, and pushes when a pod waits',
    async () => {
      // GIVEN a cluster with all that ships, a server and a base worker
      const control = await ControlPlane.start();
      const receiver = await startReceiver();
      let monitoring: Monitoring | undefined;
      let source: PrometheusSource | undefined;
      try {
        await control.apply();
        await control.create(registeredNode(INSTANCE, config));
        const begun = performance.now();
        monitoring = await Monitoring.start(control, config, {
          to: receiver.url,
          credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
        });
        const scraped = performance.now() - begun;
        monitoring.nodes.load(WORKER, 0.9);
        // WHEN the function's own adapter asks
        source = new PrometheusSource({
          url: monitoring.url,
          dataMaxAgeMs: 90_000,
          upWindowMs: 60_000,
          downWindowMs: 60_000,
          signals: [],
          deadlineMs: 10_000,
        });
        const busy = async () => {
          const view = await source?.observe(Date.now());
          return view?.known === true ? view.value.cpu.up[WORKER] : undefined;
        };
        // THEN
        const measured = await until('the worker is seen to be busy', async () => ((await busy()) ?? 0) > 0.85, {
          withinMs: 120_000,
          everyMs: 500,
          failure: async () => JSON.stringify(await source?.observe(Date.now())),
        });
        // WHEN a pod waits that no node takes
        const waitsSince = Date.now();
        await control.create({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'waits', namespace: 'default' },
          spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '64' } } }] },
        });
        const pushes = () => receiver.received.filter(({ alerts }) => alerts[0]?.labels.alertname === 'PodsNeedNode');
        await until('the alert is pushed', () => pushes().length > 0, { withinMs: 60_000, everyMs: 50 });
        const [first] = pushes();
        const pushed = (first?.at ?? 0) - waitsSince;
        printTable('Prometheus with the configuration that ships', [
          ['start of the control plane', seconds(control.startedMs)],
          ['exporters discovered and scraped after', seconds(scraped)],
          ['CPU of a worker known after', seconds(measured)],
          ['pod waits to alert pushed', seconds(pushed)],
          [`goal: at most ${seconds(GOAL_MS)}`, pushed <= GOAL_MS ? 'kept' : 'missed'],
        ]);
        // THEN signed for Lambda
        expect(first?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/lambda\//);
        expect(await source.observe(Date.now())).toMatchObject({ known: true, value: { unschedulablePods: 1 } });
      } finally {
        await source?.close();
        await monitoring?.stop();
        await control.stop();
        receiver.server.closeAllConnections();
        receiver.server.close();
      }
    },
  );
});
