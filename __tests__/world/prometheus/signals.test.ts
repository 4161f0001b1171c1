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

describe('a scenario is not played', () => {
  const scenario = parseScenario('name: small\nduration: 4m\n', 'small.yaml');
  const playWith = async (query: string) => {
    const ticks: unknown[] = [];
    const played = play(scenario, {
      bundle: '/nowhere/index.js',
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
