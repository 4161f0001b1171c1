import { PrometheusSource } from '../../src/adapters/prometheus';
import type { MetricsView, SignalReading } from '../../src/autoscaler/snapshot';
import type { RuntimeSignal } from '../../src/config/runtime';
import type { Sample } from '../../src/world/contract';
import { type PrometheusProcess, startPrometheus } from '../../src/world/prometheus/process';
import { RemoteWrite } from '../../src/world/prometheus/remote-write';
import { START } from '../../src/world/scenario/types';
import { prometheusPath } from '../world/wire/hand-model';
import { deadlineFor, type Loopback, loopback, type Received, type Reply } from './loopback';

const MINUTE = 60_000;

const signal = (query: string, over: Partial<RuntimeSignal> = {}): RuntimeSignal => ({
  name: 'queue',
  query,
  above: 100,
  windowMs: 2 * MINUTE,
  ...over,
});

const sourceOf = (url: string, signals: RuntimeSignal[], deadlineMs = 10_000) =>
  new PrometheusSource({
    url,
    dataMaxAgeMs: 90_000,
    upWindowMs: 5 * MINUTE,
    downWindowMs: 10 * MINUTE,
    signals,
    deadlineMs,
    maxBytes: 20_000,
  });

async function viewOf(source: PrometheusSource, at: number): Promise<MetricsView> {
  const observed = await source.observe(at);
  if (!observed.known) throw new Error(`unknown: ${observed.detail}`);
  return observed.value;
}

describe('a signal, answered by hand', () => {
  // Ten seconds behind a step, so that steps and question do not fall together.
  const AT = START + 10 * MINUTE + 10_000;
  /** Of the window of two minutes. */
  const STEPS = [9 * MINUTE - 30_000, 9 * MINUTE, 10 * MINUTE - 30_000, 10 * MINUTE].map((ms) => START + ms);

  const success = (resultType: string, result: unknown): Reply => ({
    body: { status: 'success', data: { resultType, result } },
  });
  const points = (...values: string[]): object => ({
    metric: {},
    values: values.map((value, i) => [(STEPS[i] as number) / 1000, value]),
  });
  const matrix = (...series: object[]): Reply => success('matrix', series);

  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  const queryOf = ({ body }: Received): string => new URLSearchParams(body).get('query') ?? '';
  const isSignal = (request: Received): boolean => queryOf(request).startsWith('(\n');

  async function given(reply: Reply, ...signals: RuntimeSignal[]): Promise<[PrometheusSource, Loopback]> {
    const one = (value: string, metric = {}) => success('vector', [{ metric, value: [AT / 1000, value] }]);
    const server = await loopback((request) => {
      if (isSignal(request)) return reply;
      return queryOf(request).includes('node_cpu') ? one('0.5', { node: 'worker-a' }) : one('3');
    });
    const source = sourceOf(server.url, signals, deadlineFor(reply));
    open.push(server, source);
    return [source, server];
  }

  it('is one query, at the instant of the others, that no comment of the user can break', async () => {
    // GIVEN a query of two lines with a comment at its end
    const query = 'sum(queue_length)\n/ 2 # per consumer';
    const [source, server] = await given(matrix(points('5', '7', '3', '4')), signal(query));
    // WHEN
    const view = await viewOf(source, AT);
    // THEN the newest value, the least and the most of the window
    expect(view.signals).toEqual({ queue: { known: true, now: 4, least: 3, most: 7 } });
    const asked = server.requests.filter(isSignal);
    expect(asked.map(queryOf)).toEqual([`(\n${query}\n)[120000ms:30000ms]`]);
    expect(new URLSearchParams(asked[0]?.body).get('time')).toBe((AT / 1000).toFixed(3));
  });

  it.each([
    ['half a minute', 5 * MINUTE, '[300000ms:30000ms]'],
    ['a minute beyond an hour', 120 * MINUTE, '[7200000ms:60000ms]'],
    ['the window where that is shorter', 10_000, '[10000ms:10000ms]'],
  ])('is looked at in steps of %s', async (_, windowMs, subquery) => {
    const [source, server] = await given(matrix(), signal('q', { windowMs }));
    await viewOf(source, AT);
    expect(server.requests.filter(isSignal).map(queryOf)).toEqual([`(\nq\n)${subquery}`]);
  });

  it('leaves out a step at the very start of the window, which Prometheus 2 counts and 3 does not', async () => {
    // GIVEN a question at a step
    const at = AT - 10_000;
    const first = { metric: {}, values: [[(at - 2 * MINUTE) / 1000, '99']] };
    const [source] = await given(matrix(first, points('1', '1', '1', '1')), signal('q'));
    expect((await viewOf(source, at)).signals?.queue).toEqual({ known: true, now: 1, least: 1, most: 1 });
  });

  it('takes over from a series of the same signal that ended within the window', async () => {
    const values = points('1', '2', '3', '4') as { values: unknown[] };
    const [source] = await given(
      matrix(
        { metric: { pod: 'a' }, values: values.values.slice(0, 2) },
        { metric: { pod: 'b' }, values: values.values.slice(2) },
      ),
      signal('q'),
    );
    expect((await viewOf(source, AT)).signals?.queue).toMatchObject({ known: true, least: 1, most: 4, now: 4 });
  });

  const refused = (status: number, error: string): Reply => ({
    status,
    body: { status: 'error', errorType: 'bad_data', error },
  });
  it.each<[string, Reply, RegExp]>([
    ['no value', matrix(), /gives no value: is the metric scraped/],
    ['several values', matrix(points('1', '1', '1', '1'), points('2', '2')), /gives 2 values: .*sum\(…\) or max\(…\)/],
    [
      'a value for a minute only',
      matrix({ ...points(), values: [[(STEPS[3] as number) / 1000, '9']] }),
      /at 1 of the 4 steps/,
    ],
    ['a gap', matrix(points('1', '2', '3')), /at 3 of the 4 steps of its window of 2 min/],
    ['NaN', matrix(points('1', 'NaN', '1', '1')), /is NaN within its window/],
    ['infinity', matrix(points('1', '+Inf', '1', '1')), /is Infinity/],
    [
      'a parse error',
      refused(400, 'invalid parameter "query": 2:5: parse error'),
      /refused by Prometheus: .*2:5: parse error/,
    ],
    ['an error of another kind', { status: 503, body: 'busy' }, /refused by Prometheus: HTTP 503.*busy/],
    ['a vector', success('vector', []), /cannot be read: the result is no matrix/],
    ['a point without a value', matrix({ metric: {}, values: [[1]] }), /has no time or value/],
    ['a flood', { body: 'x'.repeat(30_000) }, /more than 20000 bytes/],
    ['silence', { silent: true }, /cannot be read: .*(timeout|abort)/i],
    [
      'warnings',
      { body: { status: 'success', warnings: ['partial'], data: { resultType: 'matrix', result: [] } } },
      /partial/,
    ],
  ])('with %s is unknown with the doubt, and takes nothing else with it', async (_, reply, why) => {
    // GIVEN
    const [source] = await given(reply, signal('sum( queue_length\n)'), signal('b', { name: 'other' }));
    // WHEN
    const view = await viewOf(source, AT);
    // THEN it names signal, reason and query
    const queue = view.signals?.queue as Extract<SignalReading, { known: false }>;
    expect(queue).toEqual({ known: false, doubt: expect.stringMatching(why) });
    expect(queue.doubt).toMatch(/^signal queue .*\(query: sum\( queue_length \)\)$/);
    expect(view).toMatchObject({ unschedulablePods: 3, cpu: { up: { 'worker-a': 0.5 } } });
  });
});

describe('a signal, answered by Prometheus', () => {
  const AT = START + 20 * MINUTE + 7_000;
  let prometheus: PrometheusProcess;
  const sample = (name: string, labels: Record<string, string>, value: number, at: number): Sample => ({
    labels: { __name__: name, job: 'app', ...labels },
    value,
    at,
  });

  /** Twenty minutes of scrapes: a queue that grows by one each scrape, two shards, and one that came a minute ago. */
  beforeAll(async () => {
    prometheus = await startPrometheus(await prometheusPath());
    const write = new RemoteWrite(prometheus.url);
    for (let i = 0; i <= 80; i += 1) {
      const at = START + i * 15_000;
      const samples = [
        sample('kube_node_info', { node: 'a' }, 1, at),
        sample('node_cpu_seconds_total', { node: 'a', mode: 'idle' }, i, at),
        sample('queue_length', {}, i, at),
        sample('shard', { shard: '1' }, 10, at),
        sample('shard', { shard: '2' }, 20, at),
      ];
      write.add(i > 76 ? [...samples, sample('young', {}, 1, at)] : samples, at);
    }
    await write.flush();
  });
  afterAll(() => prometheus.stop());

  async function readingOf(query: string, windowMs = 5 * MINUTE): Promise<SignalReading | undefined> {
    const source = sourceOf(prometheus.url, [signal(query, { windowMs })]);
    try {
      return (await viewOf(source, AT)).signals?.queue;
    } finally {
      await source.close();
    }
  }

  it.each<[string, string, number, Omit<Extract<SignalReading, { known: true }>, 'known'>]>([
    // Steps of 30 s from 15:30 to 20:00; one scrape is 15 s.
    ['a plain metric', 'queue_length', 5, { now: 80, least: 62, most: 80 }],
    ['one with a comment at its end', 'queue_length # of the shop', 5, { now: 80, least: 62, most: 80 }],
    ['one of several lines', '# length\nqueue_length\n', 5, { now: 80, least: 62, most: 80 }],
    ['one with an offset', 'queue_length offset 1m', 5, { now: 76, least: 58, most: 76 }],
    ['one with operators', 'sum(queue_length) > 70 or vector(0)', 5, { now: 80, least: 0, most: 80 }],
    ['NaN replaced', 'sum(queue_length) * 0 / 0 >= 0 or vector(0)', 5, { now: 0, least: 0, most: 0 }],
    ['one with a subquery of its own', 'max_over_time(queue_length[2m:30s])', 5, { now: 80, least: 62, most: 80 }],
    ['a sum over several', 'sum by () (shard)', 5, { now: 30, least: 30, most: 30 }],
    ['a vector of a number', 'vector(1)', 5, { now: 1, least: 1, most: 1 }],
    ['a window that is no multiple of the step', 'queue_length', 4.2, { now: 80, least: 64, most: 80 }],
  ])('reads %s', async (_, query, minutes, reading) => {
    expect(await readingOf(query, minutes * MINUTE)).toEqual({ known: true, ...reading });
  });

  it.each<[string, string, RegExp]>([
    ['that does not parse', 'sum(queue_length', /refused by Prometheus: .*parse error/],
    ['of two halves that only our parentheses make whole', 'queue_length) + (', /refused by Prometheus/],
    ['that is a number', '1', /instant vector, got scalar/],
    ['that is a range', 'queue_length[5m]', /instant vector, got range vector|instant vector, got matrix/],
    ['of several values', 'shard', /gives 2 values/],
    ['of nothing', 'no_such_metric', /gives no value/],
    ['of what came a minute ago', 'young', /at \d of the 10 steps/],
    ['of nothing by nothing', 'queue_length * 0 / 0', /is NaN/],
  ])('doubts one %s', async (_, query, why) => {
    expect(await readingOf(query)).toEqual({ known: false, doubt: expect.stringMatching(why) });
  });
});
