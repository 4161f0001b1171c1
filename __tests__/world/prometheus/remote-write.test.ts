import type { Sample } from '../../../src/world/contract';
import { type PrometheusProcess, startPrometheus } from '../../../src/world/prometheus/process';
import { RemoteWrite } from '../../../src/world/prometheus/remote-write';
import { START } from '../../../src/world/scenario/types';
import { prometheusPath } from '../wire/hand-model';

let prometheus: PrometheusProcess;
beforeAll(async () => {
  prometheus = await startPrometheus(await prometheusPath());
});
afterAll(() => prometheus.stop());

const query = async (promql: string, at: number): Promise<string[]> => {
  const body = new URLSearchParams({ query: promql, time: String(at / 1000) });
  const answer = await fetch(`${prometheus.url}/api/v1/query`, { method: 'POST', body });
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result.map(({ value }) => value[1]);
};

const sample = (name: string, value: number, at: number, labels = {}): Sample => ({
  labels: { __name__: name, job: 'node', instance: 'worker-1', ...labels },
  value,
  at,
});

it('writes samples of the past, several scrapes in one request, that real PromQL evaluates at their time', async () => {
  // GIVEN a counter that grows by half a second each second, and a pod that is gone after five minutes
  const write = new RemoteWrite(prometheus.url);
  for (let second = 0; second <= 600; second += 15) {
    const at = START + second * 1000;
    const pod = second <= 300 ? [sample('pod_info', 1, at, { pod: 'web' })] : [];
    write.add([sample('cpu_seconds_total', second / 2, at), ...pod], at);
    // WHEN they are written in the middle and at the end
    if (second === 300 || second === 600) await write.flush();
  }
  // THEN
  expect(await query('rate(cpu_seconds_total[5m])', START + 600_000)).toEqual(['0.5']);
  expect(await query('pod_info', START + 300_000)).toEqual(['1']);
  // THEN a series that ended is gone with the next scrape, not five minutes later
  expect(await query('pod_info', START + 320_000)).toEqual([]);
});

it('tells what Prometheus has against the samples', async () => {
  const write = new RemoteWrite(prometheus.url);
  const dayBefore = START - 86_400_000;
  write.add([sample('cpu_seconds_total', 1, dayBefore)], dayBefore);
  await expect(write.flush()).rejects.toThrow(/refused the world's samples/);
});

it('tells why Prometheus did not start', async () => {
  await expect(startPrometheus('/bin/false')).rejects.toThrow(/ended with code 1 at its start/);
  await expect(startPrometheus('/no/such/program')).rejects.toThrow(/cannot be started/);
});
