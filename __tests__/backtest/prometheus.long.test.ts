import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noAnswers } from '../../src/backtest/answers';
import { Findings } from '../../src/backtest/findings';
import { type History, historyOf } from '../../src/backtest/history';
import { OWN_NAMES } from '../../src/backtest/node-names';
import { QUERY_NAMES, type QueryName, queriesFor } from '../../src/backtest/queries';
import type { Range } from '../../src/backtest/range';
import { readExport } from '../../src/backtest/read-export';
import { readPrometheus } from '../../src/backtest/read-prometheus';
import { runCli } from '../../src/cli/program';
import { type PrometheusProcess, startPrometheus } from '../../src/world/prometheus/process';
import { said } from '../cli/said';
import { itOrSkip } from '../support/skips';
import { prometheusPath } from '../world/wire/hand-model';
import { MadeCluster, MIB, replicas, STEP, T0 } from './cluster';

let prometheus: PrometheusProcess;
/** What a Prometheus told of an hour and a quarter, from which each test takes its part. */
beforeAll(async () => {
  prometheus = await startPrometheus(await prometheusPath());
  const cluster = new MadeCluster(prometheus.url);
  const nodes = { 'server-0': 0.9, 'worker-i-1': 0.5, 'worker-i-2': 0.25 };
  const web = replicas(3, 'web', 0.25, 128);
  // GIVEN 15 minutes of all sorts of pods
  cluster.during(0, 60, {
    nodes,
    pods: [
      ...web,
      { name: 'two', node: 'worker-i-2', containers: [{ cpu: 0.1, memory: 64 * MIB }, { cpu: 0.4 }] },
      { name: 'unasked', node: 'worker-i-2', containers: [{}] },
      { name: 'waits', phase: 'Pending', containers: [{ cpu: 0.25, memory: 128 * MIB }] },
      { name: 'gated', phase: 'Pending', gated: true, containers: [{ cpu: 0.25, memory: 128 * MIB }] },
      { name: 'done', node: 'worker-i-1', phase: 'Succeeded', containers: [{ cpu: 1, memory: 128 * MIB }] },
      { name: 'on-server', node: 'server-0', containers: [{ cpu: 1, memory: 128 * MIB }] },
      { name: 'agent-1', by: 'DaemonSet', node: 'worker-i-1', containers: [{ cpu: 0.05, memory: 32 * MIB }] },
      { name: 'agent-2', by: 'DaemonSet', node: 'worker-i-2', containers: [{ cpu: 0.1, memory: 16 * MIB }] },
      // evicted and ended ones stay until somebody deletes them
      ...(['Succeeded', 'Failed'] as const).map((phase, index) => ({
        name: `ended-${index}`,
        by: 'DaemonSet',
        node: 'worker-i-2',
        phase,
        containers: [{ cpu: 3, memory: 512 * MIB }],
      })),
    ],
  });
  // 15 minutes later kube-state-metrics is another one; then five minutes without any scrape
  cluster.during(60, 120, { nodes, pods: web, exporter: '10.0.0.2:8080' });
  cluster.during(120, 140, undefined);
  cluster.during(140, 180, { nodes, pods: web });
  // then a worker is restarted, another tells nothing, and at last one is as busy as it can be
  cluster.reset('worker-i-1');
  cluster.during(180, 200, { nodes, pods: web });
  cluster.during(200, 220, { nodes: { ...nodes, 'worker-i-2': undefined }, pods: web });
  cluster.during(220, 240, { nodes, pods: web });
  cluster.during(240, 260, { nodes: { ...nodes, 'worker-i-2': 1 }, pods: web });
  // and nothing tells what pods ask for, as with this project's own exporter before it told so
  cluster.during(260, 300, { nodes, pods: [{ name: 'bare', node: 'worker-i-1' }] });
  await cluster.flush();
});
afterAll(() => prometheus?.stop());

const rangeOf = (first: number, last: number): Range => ({
  from: T0 + first * STEP,
  to: T0 + last * STEP,
  stepMs: STEP,
});

const ask = (range: Range) => readPrometheus(new URL(prometheus.url), range, OWN_NAMES, new AbortController().signal);

async function historyFrom(first: number, last: number): Promise<{ history: History; found: Record<string, number> }> {
  const range = rangeOf(first, last);
  const findings = new Findings();
  const history = historyOf(await ask(range), range, findings);
  return { history, found: Object.fromEntries(findings.list().map(({ code, count }) => [code, count])) };
}

/** Pods by what they ask for, at a step. */
const podsAt = ({ shapes, counts }: History, index: number): Record<string, number> =>
  Object.fromEntries(
    shapes
      .map(({ cpuMilli, memoryBytes }, i) => [`${cpuMilli}m ${memoryBytes / MIB}Mi`, counts[i]?.[index] ?? 0] as const)
      .filter(([, count]) => count > 0),
  );

describe('pods', () => {
  it('are counted by what all their containers ask for, and only those that a worker has to carry', async () => {
    const { history, found } = await historyFrom(10, 50);
    expect(podsAt(history, 20)).toEqual({ '250m 128Mi': 4, '500m 64Mi': 1, '0m 0Mi': 1 });
    expect(found).toEqual({});
  });

  it('of DaemonSets are what a worker carries of them at most', async () => {
    const { history } = await historyFrom(10, 50);
    expect(history.daemons).toEqual({ cpuMilli: 100, memoryBytes: 32 * MIB });
  });

  it('of DaemonSets are told to be none where there is none', async () => {
    const { history, found } = await historyFrom(70, 100);
    expect(history.daemons).toEqual({ cpuMilli: 0, memoryBytes: 0 });
    expect(found).toEqual({});
  });

  it('are counted once while a restarted kube-state-metrics shows them twice', async () => {
    const { history, found } = await historyFrom(50, 100);
    for (let index = 15; index <= 50; index++) expect(podsAt(history, index)).toEqual({ '250m 128Mi': 3 });
    expect(found).toEqual({});
  });
});

describe('CPU', () => {
  it('is the cores that the workers were busy with, without the server', async () => {
    const { history } = await historyFrom(10, 50);
    // 2 cores × 0.5 + 2 cores × 0.25
    for (const cores of history.busyCores) expect(cores).toBeCloseTo(1.5, 6);
  });

  it('is not known while a worker tells nothing, and what was measured of the others is not taken for all', async () => {
    const { history, found } = await historyFrom(140, 230);
    expect(found['cpu-unknown']).toBeGreaterThanOrEqual(15);
    expect(history.busyCores[70]).toBeNaN();
    expect(history.busyCores[85]).toBeCloseTo(1.5, 6);
  });

  it('goes on over a counter that began anew, which is named', async () => {
    const { history, found } = await historyFrom(150, 195);
    expect(found['cpu-reset']).toBeGreaterThanOrEqual(1);
    expect(history.busyCores.every((cores) => cores >= 0 && cores <= 4)).toBe(true);
  });

  it('that was used up is named', async () => {
    expect((await historyFrom(225, 258)).found['cpu-saturated']).toBeGreaterThanOrEqual(14);
  });
});

describe('gaps', () => {
  it('are left out from the scrape on that failed, and named', async () => {
    const { history, found } = await historyFrom(0, 250);
    const missing = history.usable.flatMap((isUsable, index) => (isUsable ? [] : [index]));
    // THEN the twenty steps without a scrape, and no other
    expect(missing).toEqual(Array.from({ length: 20 }, (_, i) => 120 + i));
    expect((found['no-data'] ?? 0) + (found.stale ?? 0)).toBe(20);
  });

  it('of more than a tenth are refused', async () => {
    await expect(historyFrom(110, 180)).rejects.toThrow(/Only 71\.8 % of the steps between .* must be/);
  });

  it('are all where a metric is missing that pods are counted by, whatever else is there', async () => {
    await expect(historyFrom(270, 299)).rejects.toThrow(
      /Only 0\.0 % .*kube_pod_container_resource_requests, kube_pod_info, kube_pod_status_phase/,
    );
  });
});

describe('the command', () => {
  it('replays a range of a running Prometheus, and says what was wrong with its data', async () => {
    const iso = (step: number): string => new Date(T0 + step * STEP).toISOString();
    const { code, out } = await said(() =>
      runCli(['backtest', '--prometheus', prometheus.url, '--from', iso(0), '--to', iso(250), '--json']),
    );
    expect(code).toBe(0);
    const { steps, usableSteps, findings, policies } = JSON.parse(out);
    expect({ steps, usableSteps }).toEqual({ steps: 251, usableSteps: 231 });
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(
      expect.arrayContaining(['cpu-unknown', 'cpu-reset', 'cpu-saturated']),
    );
    expect(policies).toHaveLength(3);
  });
});

describe('a range that is longer than a Prometheus answers', () => {
  it('is asked for in pages, and put together', async () => {
    // GIVEN twelve thousand points where 11 000 are the most
    const range = { from: T0, to: T0 + 12_000 * 150, stepMs: 150 };
    const answers = await ask(range);
    const points = answers.fresh.flatMap((series) => series.points);
    expect(points.length).toBeGreaterThan(11_000);
    expect(points.map(([at]) => at)).toEqual([...new Set(points.map(([at]) => at))].sort((a, b) => a - b));
  });

  it('is asked for in smaller pages where the server says that one is too large', async () => {
    // GIVEN a server that takes no more than 100 points, whatever it is asked
    const asked: number[] = [];
    const range = rangeOf(0, 999);
    const http = {
      send: async ({ body = '' }: { body?: string }) => {
        const query = new URLSearchParams(body);
        const count = Math.round((1000 * (Number(query.get('end')) - Number(query.get('start')))) / STEP) + 1;
        asked.push(count);
        const headers = {};
        if (count <= 100) return { status: 200, headers, body: EMPTY };
        return {
          status: 422,
          headers,
          body: '{"status":"error","error":"query processing would load too many samples"}',
        };
      },
      close: async () => {},
    };
    await readPrometheus(new URL('http://127.0.0.1:1'), range, OWN_NAMES, new AbortController().signal, http);
    // THEN each query came to its end, with a thousand points in all
    const answered = asked.filter((count) => count <= 100);
    expect(answered.reduce((sum, count) => sum + count, 0)).toBe(1000 * QUERY_NAMES.length);
  });
});

const EMPTY = '{"status":"success","data":{"resultType":"matrix","result":[]}}';

/** The script needs bash and curl. */
const missingProgram = ['bash', 'curl'].find((name) => spawnSync(name, ['--version']).status !== 0);
const missing = missingProgram && `${missingProgram} is not on PATH`;

describe('the export of docs/backtest.md', () => {
  const page = readFileSync(path.resolve(__dirname, '../../docs/backtest.md'), 'utf8');
  const script = /^```bash\n(.*?)^```$/ms.exec(page)?.[1] ?? '';

  it('asks what is asked of a Prometheus, and nothing else', () => {
    const asked = [...script.matchAll(/^ {2}ask (\w+) '(.*)'$/gm)].map(([, name, query]) => [name, query]);
    expect(Object.fromEntries(asked)).toEqual(queriesFor(STEP, { workers: 'WORKERS', servers: 'SERVERS' }));
  });

  itOrSkip(missing, 'holds the same as what is read of it directly', async () => {
    // GIVEN the script as it stands there, but for the address, a short range and shorter pages
    const range = rangeOf(10, 100);
    const iso = (at: number): string => new Date(at).toISOString();
    const settings = `prometheus=${prometheus.url} from=${iso(range.from)} to=${iso(range.to)} step=15 page=600`;
    const folder = mkdtempSync(path.join(tmpdir(), 'export-'));
    try {
      const made = script.replace(/^prometheus=.*$/m, settings);
      execFileSync('bash', ['-euc', made], { cwd: folder });
      const [read, asked] = [readExport(path.join(folder, 'export.jsonl')), await ask(range)];
      const [ofFile, ofServer] = [read, asked].map((answers) => historyOf(answers, range, new Findings()));
      expect(ofFile).toEqual(ofServer);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a Prometheus that does not answer', () => {
  it('is named with the query and what to do', async () => {
    const { signal } = new AbortController();
    const nobody = readPrometheus(new URL('http://127.0.0.1:1/'), rangeOf(0, 9), OWN_NAMES, signal);
    await expect(nobody).rejects.toThrow(
      /--prometheus http:\/\/127\.0\.0\.1:1\/: query 'fresh' was not answered: .*npm run forward/,
    );
  });
});

describe('answers with nothing in them', () => {
  it('are refused', () => {
    const answers = noAnswers() as Record<QueryName, never[]>;
    expect(() => historyOf(answers, rangeOf(0, 9), new Findings())).toThrow(/Only 0\.0 %/);
  });
});
