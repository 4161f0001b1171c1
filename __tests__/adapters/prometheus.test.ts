import { PrometheusSource } from '../../src/adapters/prometheus';
import type { RuntimeSignal } from '../../src/config/runtime';
import { deadlineFor, type Loopback, loopback, type Received, type Reply } from './loopback';

const AT = Date.parse('2026-01-05T00:10:00Z');

type Sample = { metric?: Record<string, string>; value: [number, string] };
const vector = (...result: Sample[]): Reply => ({
  body: { status: 'success', data: { resultType: 'vector', result } },
});
const scalar = (value: string): Sample => ({ metric: {}, value: [AT / 1000, value] });
const node = (name: string, value: string): Sample => ({ metric: { node: name }, value: [AT / 1000, value] });

/** Which of the five queries this is. */
function kindOf({ body }: Received): 'stateAge' | 'exporterAge' | 'unschedulable' | 'cpuUp' | 'cpuDown' {
  const query = new URLSearchParams(body).get('query') ?? '';
  if (query.includes('kube_node_info')) return 'stateAge';
  if (query.includes('timestamp(node_cpu')) return 'exporterAge';
  if (query.includes('unschedulable')) return 'unschedulable';
  return query.includes('300000ms') ? 'cpuUp' : 'cpuDown';
}

const healthy = {
  stateAge: vector(scalar('12.5')),
  exporterAge: vector(node('worker-a', '3'), node('worker-b', '20.25')),
  unschedulable: vector(scalar('7')),
  cpuUp: vector(node('worker-a', '0.8'), node('worker-b', '0.4')),
  cpuDown: vector(node('worker-a', '0.7'), node('worker-b', '0.3')),
};

describe('PrometheusSource', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  async function given(answers: Partial<Record<keyof typeof healthy, Reply>>, prefix = '') {
    const server = await loopback((request) => ({ ...healthy, ...answers })[kindOf(request)]);
    return { server, source: sourceOf(server, prefix, deadlineFor(...Object.values(answers))) };
  }

  function sourceOf(server: Loopback, prefix = '', deadlineMs = 10_000, signals: RuntimeSignal[] = []) {
    const source = new PrometheusSource({
      url: server.url + prefix,
      dataMaxAgeMs: 90_000,
      upWindowMs: 300_000,
      downWindowMs: 600_000,
      signals,
      deadlineMs,
      maxBytes: 10_000,
    });
    open.push(server, source);
    return source;
  }

  it('reads pods and CPU at one instant and dates them by the oldest data', async () => {
    // GIVEN a fresh Prometheus
    const { server, source } = await given({});
    // WHEN it is observed
    const observed = await source.observe(AT);
    // THEN the view is there, as old as its oldest part, and all queries asked for the same time
    expect(observed).toEqual({
      known: true,
      at: AT - 20_250,
      value: {
        unschedulablePods: 7,
        cpu: { up: { 'worker-a': 0.8, 'worker-b': 0.4 }, down: { 'worker-a': 0.7, 'worker-b': 0.3 } },
      },
    });
    expect(server.requests).toHaveLength(5);
    for (const { method, url, body, headers } of server.requests) {
      expect([method, url.pathname]).toEqual(['POST', '/api/v1/query']);
      expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
      expect(new URLSearchParams(body).get('time')).toBe((AT / 1000).toFixed(3));
    }
  });

  it.each(['/prometheus', '/prometheus/'])('keeps the path prefix %s', async (prefix) => {
    const { server, source } = await given({}, prefix);
    expect((await source.observe(AT)).known).toBe(true);
    expect(server.requests[0]?.url.pathname).toBe('/prometheus/api/v1/query');
  });

  it('takes an empty unschedulable answer for zero where the guards passed', async () => {
    const { source } = await given({ unschedulable: vector() });
    expect(await source.observe(AT)).toMatchObject({ known: true, value: { unschedulablePods: 0 } });
  });

  it('leaves out nodes whose exporter is silent and shares that are no number', async () => {
    // GIVEN a node that was terminated (its rates last for the window), one with an old sample, one with 0/0
    const { source } = await given({
      exporterAge: vector(node('worker-a', '3'), node('worker-old', '200'), node('worker-nan', '3')),
      cpuUp: vector(node('worker-a', '1.0000001'), node('worker-gone', '0.9'), node('worker-old', '0.9')),
      cpuDown: vector(node('worker-a', '-0.0000001'), node('worker-nan', 'NaN')),
    });
    // WHEN / THEN
    expect(await source.observe(AT)).toMatchObject({
      known: true,
      at: AT - 12_500,
      value: { cpu: { up: { 'worker-a': 1 }, down: { 'worker-a': 0 } } },
    });
  });

  const broken: [string, Partial<Record<keyof typeof healthy, Reply>>, string, RegExp][] = [
    ['no kube-state-metrics', { stateAge: vector(), unschedulable: vector() }, 'empty', /kube-state-metrics/],
    ['no node-exporter', { exporterAge: vector() }, 'empty', /node-exporter/],
    ['old pod data', { stateAge: vector(scalar('90.5')) }, 'stale', /90\.5 s old, more than 90 s/],
    ['old CPU data', { exporterAge: vector(node('worker-a', '91')) }, 'stale', /node-exporter/],
    ['an age that is no number', { stateAge: vector(scalar('NaN')) }, 'invalid', /age is NaN/],
    ['a negative age', { stateAge: vector(scalar('-1')) }, 'invalid', /age is -1/],
    ['an impossible share', { cpuUp: vector(node('worker-a', '1.5')) }, 'invalid', /worker-a is 1\.5/],
    ['no label node', { cpuUp: vector(scalar('0.5')) }, 'invalid', /relabel/],
    ['two values for one', { unschedulable: vector(scalar('1'), scalar('2')) }, 'invalid', /2 values/],
    ['HTTP 500', { cpuUp: { status: 500, body: 'oh' } }, 'refused', /HTTP 500.*oh/],
    ['HTTP 400 with a parse error', { cpuUp: { status: 400, body: { status: 'error' } } }, 'refused', /HTTP 400/],
    ['status error', { cpuUp: { body: { status: 'error', error: 'timeout' } } }, 'refused', /not success/],
    ['garbage', { cpuUp: { body: '<html>' } }, 'invalid', /not JSON.*html/],
    ['null', { cpuUp: { body: 'null' } }, 'refused', /not success/],
    [
      'a matrix',
      { cpuUp: { body: { status: 'success', data: { resultType: 'matrix', result: [] } } } },
      'invalid',
      /no vector/,
    ],
    ['a sample without value', { cpuUp: vector({} as Sample) }, 'invalid', /no value/],
    ['a value that is no number', { stateAge: vector(scalar('soon')) }, 'invalid', /no number/],
    [
      'warnings',
      { cpuUp: { body: { status: 'success', warnings: ['partial'], data: { resultType: 'vector', result: [] } } } },
      'invalid',
      /warnings: partial/,
    ],
    ['a flood', { cpuUp: { body: 'x'.repeat(20_000) } }, 'invalid', /more than 10000 bytes/],
    ['silence', { cpuUp: { silent: true } }, 'timeout', /Prometheus/],
    ['a body that stalls', { cpuUp: { stalls: true, body: 'x'.repeat(100) } }, 'timeout', /Prometheus/],
  ];

  it.each(broken)('is unknown with a reason for %s', async (_, answers, reason, detail) => {
    const { source } = await given(answers);
    const observed = await source.observe(AT);
    expect(observed).toMatchObject({ known: false, reason });
    expect(observed).toHaveProperty('detail', expect.stringMatching(detail));
  });

  it('is unreachable where nobody listens', async () => {
    // GIVEN a port that was closed
    const server = await loopback(() => ({}));
    const source = sourceOf(server);
    await server.close();
    // WHEN / THEN
    expect(await source.observe(AT)).toMatchObject({ known: false, reason: 'unreachable' });
    open.splice(open.indexOf(server), 1);
  });
});
