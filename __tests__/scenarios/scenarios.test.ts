import { about, eventsOf, failures, filesIn, runner } from './runs';

/** What ships: both scenarios, a quiet day, spot workers and the tour. Faults are in faults.long.test.ts. */
jest.setTimeout(60_000);

const { runOnce } = runner();

describe('every scenario file holds what it expects', () => {
  it.each(filesIn('scenarios'))('%s', async (file) => {
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
