import { about, eventsOf, failures, filesIn, runner } from './runs';

/** Whatever may befall it, scenario by scenario, and that a run is the same whenever it is played. */
jest.setTimeout(60_000);

const { run, runOnce } = runner();

describe('every scenario file holds what it expects', () => {
  it.each(filesIn('__tests__/scenarios'))('%s', async (file) => {
    const { report } = await runOnce(file);
    expect(report.expectations.length).toBeGreaterThan(0);
    expect(failures(report)).toEqual([]);
  });
});

describe('whoever looks at the cluster', () => {
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
