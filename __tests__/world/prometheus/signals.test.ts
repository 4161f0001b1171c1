import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../../src/config';
import type { RuntimeSignal } from '../../../src/config/runtime';
import { play } from '../../../src/world/play';
import { type PrometheusProcess, startPrometheus } from '../../../src/world/prometheus/process';
import { RemoteWrite } from '../../../src/world/prometheus/remote-write';
import { refuseSignals } from '../../../src/world/prometheus/signals';
import { parseScenario } from '../../../src/world/scenario/parse';
import { START } from '../../../src/world/scenario/types';
import { prometheusPath } from '../wire/hand-model';

const signal = (query: string, name = 'queue'): RuntimeSignal => ({ name, query, above: 1, windowMs: 300_000 });

describe('a query is put to Prometheus as it is', () => {
  let prometheus: PrometheusProcess;
  beforeAll(async () => {
    prometheus = await startPrometheus(await prometheusPath());
    const write = new RemoteWrite(prometheus.url);
    const shard = (name: string) => ({ labels: { __name__: 'shard', shard: name }, value: 1, at: START });
    write.add(['1', '2', '3'].map(shard), START);
    await write.flush();
  });
  afterAll(() => prometheus.stop());

  const refusal = async (...signals: RuntimeSignal[]): Promise<string> => {
    const refused = await refuseSignals(prometheus.url, START, { source: 'autoscaler.config.ts', signals }).catch(
      (error: unknown) => error,
    );
    if (refused === undefined) return '';
    expect(refused).toBeInstanceOf(ConfigError);
    return (refused as ConfigError).message;
  };

  it.each([
    ['one value', 'sum(shard)'],
    ['no value yet', 'no_such_metric'],
    ['a vector of a number', 'vector(1)'],
    ['a comment', 'sum(shard) # all'],
    ['several lines', '# all\nsum(\n  shard\n)\n'],
  ])('and passes with %s', async (_, query) => {
    expect(await refusal(signal(query))).toBe('');
  });

  it.each<[string, string, RegExp, RegExp]>([
    ['that does not parse', 'sum(shard', /signal queue: .*it says: .*parse error: unclosed left paren/, /correct/],
    ['of two halves', 'sum(shard)) + (1', /it says: .*parse error/, /correct/],
    ['of nothing', '', /it says: .*no expression|parse error/, /correct/],
    ['of several values', 'shard', /signal queue: must give one value, and gives 3/, /sum\(…\), max\(…\)/],
    ['that is a number', '7', /must give an instant vector, and is a scalar/, /vector\(…\)/],
    ['that is a range', 'shard[5m]', /must give an instant vector, and is a matrix/, /rate\(…\)/],
    ['that is a text', '"shard"', /must give an instant vector, and is a string/, /correct/],
    [
      'that Prometheus cannot answer',
      'shard * on() shard',
      /it says: .*many-to-many|multiple matches|duplicate/,
      /correct/,
    ],
  ])('and refuses one %s, with what, where and the fix', async (_, query, rule, fix) => {
    const message = await refusal(signal('sum(shard)', 'good'), signal(query));
    const [where, value, ruled, fixed] = message.split('\n');
    expect(where).toBe('autoscaler.config.ts: policy.signals[1].query');
    expect(value).toBe(`    value: ${JSON.stringify(query)}`);
    expect(ruled).toMatch(rule);
    expect(fixed).toMatch(fix);
  });

  it('and tells of all of them at once', async () => {
    const message = await refusal(signal('shard', 'a'), signal(')', 'b'));
    expect(message.match(/signal [ab]/g)).toEqual(['signal a', 'signal b']);
  });
});

describe('the examples of docs/signals.md', () => {
  const AT = START + 20 * 60_000;
  const page = readFileSync(path.resolve(__dirname, '../../../docs/signals.md'), 'utf8');
  const examples = [...page.matchAll(/^```promql\n([\s\S]*?)^```$/gm)].map(([, query]) => query as string);
  let prometheus: PrometheusProcess;

  /** Two old workers, one that came three minutes ago, and the server; a web without a request; a queue of 30. */
  beforeAll(async () => {
    prometheus = await startPrometheus(await prometheusPath());
    const write = new RemoteWrite(prometheus.url);
    for (let at = START; at <= AT; at += 30_000) {
      const sample = (name: string, labels: Record<string, string>, value: number) => ({
        labels: { __name__: name, ...labels },
        value,
        at,
      });
      const memory = (node: string, free: number) => [
        sample('node_memory_MemTotal_bytes', { node, instance: node }, 100),
        sample('node_memory_MemAvailable_bytes', { node, instance: node }, free),
        sample('kube_node_info', { node }, 1),
      ];
      write.add(
        [
          ...['server-0', 'worker-i-1', 'worker-i-2'].flatMap((node, i) => memory(node, [90, 10, 40][i] as number)),
          ...(AT - at <= 180_000 ? memory('worker-i-3', 95) : []),
          ...['0.1', '+Inf'].map((le) => sample('http_request_duration_seconds_bucket', { job: 'web', le }, 0)),
          sample('http_request_duration_seconds_count', { job: 'web' }, 0),
          ...['a', 'b'].map((pod) => sample('jobs_waiting', { job: 'worker', pod }, 15)),
        ],
        at,
      );
    }
    await write.flush();
  });
  afterAll(() => prometheus.stop());

  it.each([
    ['p95 latency', 'histogram_quantile', 0],
    ['queue length', 'jobs_waiting', 10],
    ['memory', 'MemAvailable', 75],
  ])('give one value each: %s', async (_, part, value) => {
    const query = examples.find((example) => example.includes(part)) ?? '';
    const time = String(AT / 1000);
    const answer = await fetch(`${prometheus.url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query, time }),
    });
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    expect(data.result.map((one) => Number(one.value[1]))).toEqual([expect.closeTo(value)]);
    await expect(
      refuseSignals(prometheus.url, AT, { source: 'docs', signals: [signal(query)] }),
    ).resolves.toBeUndefined();
  });
});

describe('a scenario is not played', () => {
  const scenario = parseScenario('name: small\nduration: 4m\n', 'small.yaml');
  const playWith = async (query: string) => {
    const ticks: unknown[] = [];
    const played = play(scenario, {
      bundle: __filename,
      prometheus: await prometheusPath(),
      signals: { source: 'autoscaler.config.ts', signals: [signal(query)] },
      onEvent: (event) => event.kind === 'tick' && ticks.push(event),
    });
    await expect(played).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('signal queue') });
    expect(ticks).toEqual([]);
  };

  it('where a query does not parse', () => playWith('sum('));

  it('where one gives several values once the world has been scraped', () => playWith('node_cpu_seconds_total'));
});
