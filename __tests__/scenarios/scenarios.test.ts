import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Artifact, buildArtifact } from '../../src/dev/build/bundle';
import { findPrometheus } from '../../src/dev/prometheus/find';
import { play, type Recording } from '../../src/world/play';
import { type Report, reportOf } from '../../src/world/report/report';
import { readScenario } from '../../src/world/scenario/parse';

/** Black box: the built artifact against the world's servers; all that is expected stands in the scenario files. */
jest.setTimeout(60_000);

const ROOT = path.resolve(__dirname, '../..');
const SHIPPED = path.join(ROOT, 'scenarios');
const filesIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.relative(ROOT, path.join(directory, name)));

let artifact: Artifact;
let prometheus: string;

beforeAll(async () => {
  artifact = await buildArtifact({ outdir: 'dist/autoscaler' });
  prometheus = (await findPrometheus((line) => process.stderr.write(`${line}\n`))).path;
});

interface Run {
  recording: Recording;
  report: Report;
}

async function run(file: string): Promise<Run> {
  const recording = await play(readScenario(path.join(ROOT, file)), { bundle: artifact.bundle, prometheus });
  return { recording, report: reportOf(recording, { sha256: artifact.sha256 }) };
}

/** Several tests look at one run: it is played once. */
const runs = new Map<string, Promise<Run>>();
function runOnce(file: string): Promise<Run> {
  const found = runs.get(file) ?? run(file);
  runs.set(file, found);
  return found;
}

/** Expectations that fail, with what the report holds; none is what every scenario wants. */
const failures = ({ expectations }: Report): unknown[] => expectations.filter(({ pass }) => !pass);

describe('every scenario file holds what it expects', () => {
  it.each([...filesIn(SHIPPED), ...filesIn(__dirname)])('%s', async (file) => {
    const { report } = await runOnce(file);
    expect(report.expectations.length).toBeGreaterThan(0);
    expect(failures(report)).toEqual([]);
  });
});

describe('scenario B, counted by hand from the log of the EC2 server', () => {
  it('is one RunInstances in each zone, for 6 workers, in the first tick that sees the pods, and none for the same pods again', async () => {
    // GIVEN 50 pods of 250m: a t3.medium has 2000m, so 8 fit on the base worker and 8 on each new one
    const fitOnOne = Math.floor(2000 / 250);
    const left = 50 - fitOnOne;
    const needed = Math.ceil(left / fitOnOne);
    expect({ fitOnOne, left, needed }).toEqual({ fitOnOne: 8, left: 42, needed: 6 });
    // WHEN they arrive at minute 3 and the function runs every 2 minutes
    const { recording, report } = await runOnce('scenarios/fifty-replicas.yaml');
    // THEN EC2's server saw one request for each zone, by the invocation of minute 4, and launched that many
    const requests = recording.requestLog.filter(({ call }) => call.operation === 'RunInstances');
    expect(requests.map(({ invocation }) => invocation)).toEqual(['tick-0002', 'tick-0002']);
    expect(recording.events.filter(({ kind }) => kind === 'instance-launched')).toHaveLength(needed);
    expect(report.timeline[1]).toMatchObject({ time: '2026-01-05T00:04:00.000Z', decision: 'pending-pods' });
  });
});

describe('whoever looks at the cluster', () => {
  const eventsOf = ({ told }: Recording, reason: string) => told.events.filter((event) => event.reason === reason);
  const about = (event: Recording['told']['events'][number]) => event.involvedObject as Record<string, string>;

  it('finds at each of the 42 pods that waited which nodes were asked for because of it', async () => {
    const { recording } = await runOnce('scenarios/fifty-replicas.yaml');
    const events = eventsOf(recording, 'TriggeredScaleUp');
    expect(new Set(events.map((event) => about(event).uid)).size).toBe(42);
    for (const event of events) {
      expect(event.metadata.namespace).toBe('default');
      expect(about(event)).toMatchObject({ kind: 'Pod', namespace: 'default', name: expect.stringMatching(/^web-/) });
      expect(event.message).toMatch(
        /^pod triggered scale-up: \[\{burst 0->6 \(max: 9\)\}\]: 3 × t3a\.medium on-demand/,
      );
    }
  });

  it('finds the offering that was taken in the end, where the first one was refused', async () => {
    const { recording } = await runOnce('__tests__/scenarios/no-capacity.yaml');
    const messages = new Set(eventsOf(recording, 'TriggeredScaleUp').map(({ message }) => String(message)));
    expect([...messages].sort()).toEqual([
      expect.stringContaining('1 × t3a.medium on-demand in us-east-1b'),
      expect.stringContaining('1 × t3a.medium on-demand in us-east-1b'),
    ]);
  });

  it('finds at a pod for which no node comes why none does', async () => {
    const { recording } = await runOnce('__tests__/scenarios/at-the-limit.yaml');
    const events = eventsOf(recording, 'NotTriggerScaleUp');
    expect(events).toHaveLength(2);
    expect(events[0]?.message).toMatch(/^pod didn't trigger scale-up: .*limits\.maxNodes/);
  });

  it('finds at a node why it went', async () => {
    const { recording } = await runOnce('__tests__/scenarios/removals-together.yaml');
    const events = eventsOf(recording, 'ScaleDown');
    expect(events).toHaveLength(3);
    for (const event of events) {
      expect(about(event)).toMatchObject({ kind: 'Node', name: expect.stringMatching(/^worker-i-/) });
      expect(event.metadata.namespace).toBe('default');
    }
  });

  it('finds the last tick in the status ConfigMap', async () => {
    const { recording, report } = await runOnce('scenarios/fifty-replicas.yaml');
    expect(recording.told.status).toContain(`last tick:  ${report.timeline.at(-1)?.time.slice(0, 19)}Z`);
    expect(recording.told.status).toContain(`decision:   ${report.timeline.at(-1)?.decision}: `);
  });

  it('and no call of telling was refused', async () => {
    const { recording } = await runOnce('scenarios/tour.yaml');
    const lines = recording.ticks.flatMap(({ result }) => result.logs);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => /not written/.test(JSON.stringify(line)))).toEqual([]);
  });
});

describe('doubtful data', () => {
  it.each([
    'prometheus-down',
    'prometheus-500',
    'prometheus-empty',
    'prometheus-stale',
    'prometheus-garbage',
    'kubernetes-down',
    'kubernetes-hang',
  ])('%s: every tick ends well within its time, and says what it doubts', async (name) => {
    const { recording, report } = await runOnce(`__tests__/scenarios/${name}.yaml`);
    const { functionTimeoutMs } = recording.config;
    for (const { result } of recording.ticks) {
      expect(result.outcome).toBe('done');
      expect(result.endedAt - result.startedAt).toBeLessThan(functionTimeoutMs);
    }
    expect(report.timeline.map(({ decision }) => decision)).toContain('data-doubtful');
  });
});

describe('a reason for everything', () => {
  it('is given to every node, pending pod and pool at each tick that held the lease', async () => {
    const { recording, report } = await runOnce('scenarios/fifty-replicas.yaml');
    for (const [index, { nodes, pods, pools }] of report.decisions.entries()) {
      expect(Object.keys(pools)).toEqual(['burst']);
      expect(Object.keys(nodes).length).toBeGreaterThan(0);
      const pending = recording.ticks[index]?.counts.pods.unschedulable ?? 0;
      expect(Object.keys(pods).length).toBeGreaterThanOrEqual(pending);
    }
  });
});

describe('a run is repeated by its seed', () => {
  it.each([
    'scenarios/fifty-replicas.yaml',
    '__tests__/scenarios/overlap.yaml',
    '__tests__/scenarios/holder-crash.yaml',
    '__tests__/scenarios/every-kind.yaml',
  ])('%s gives the same report twice, apart from wall', async (file) => {
    const [first, second] = [await runOnce(file), await run(file)].map(({ report: { wall: _wall, ...rest } }) => rest);
    expect(second).toEqual(first);
  });
});
