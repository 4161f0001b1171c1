import { instance, nodeOf, pending, pod, scene, times } from '../builders';
import { run } from '../ports';

const statusOf = async (...args: Parameters<typeof run>) => (await run(...args)).statuses.at(-1) ?? '';

describe('the status', () => {
  it('is the last tick in readable form', async () => {
    // GIVEN nine pods that need two nodes
    const text = await statusOf(
      scene({
        nodes: [nodeOf(instance('i-a'))],
        pods: times(9, () => pending({ nodeSelector: {} })),
        instances: [instance('i-a')],
      }),
    );
    // THEN
    expect(text.split('\n')).toEqual([
      'last tick:  2026-01-05T00:00:00Z (schedule); the next is due by 2026-01-05T00:02:00Z',
      expect.stringMatching(/^decision: {3}[a-z-]+: /),
      expect.stringMatching(/^workers: {4}\d+ of at most 10, \d+ of them on their way$/),
      expect.stringMatching(/^CPU: {8}50 %$/),
      'pods:       9 unschedulable, 9 of them count as demand',
      ...text.split('\n').slice(5),
    ]);
  });

  it('names operations, pools, nodes and pods by verdict', async () => {
    const worker = instance('i-a');
    const pods = [
      ...times(6, () => pod({ nodeName: 'worker-i-a' })),
      ...times(15, (i) => pending({ name: `p-${i}`, requests: { cpuMilli: 1500, memoryBytes: 1, pods: 1 } })),
    ];
    const text = await statusOf(scene({ instances: [worker], pods }));
    expect(text).toMatch(/\nworkers: {4}10 of at most 10, 8 of them on their way\n/);
    expect(text).toMatch(/\ndone:\n {2}launched /);
    expect(text).toMatch(
      /\noperations:(\n {2}launch-\S+ launched: 4 × t3\.medium on-demand in us-east-1[ab] for burst, since 2026.*){2}\n/,
    );
    expect(text).toMatch(/\npools:\n {2}burst: pool-grows: /);
    expect(text).toMatch(/\nnodes:\n(.*\n)* {2}node-base \(1\): worker-i-ba5e\n/);
    expect(text).toMatch(/\npending pods:\n(.*\n)* {2}pod-gets-node \(8\): default\/p-/);
  });

  it('shows ten names of a kind, and how many more there are', async () => {
    const pods = times(15, (i) => pending({ name: `p-${i}`, unsupported: ['volumes'] }));
    const text = await statusOf(scene({ pods }));
    const line = text.split('\n').find((candidate) => candidate.includes('pod-unsupported')) ?? '';
    expect(line.match(/default\/p-/g)).toHaveLength(10);
    expect(line).toMatch(/, and 5 more$/);
  });

  it('says what keeps removals back', async () => {
    const metrics = { known: false as const, reason: 'timeout' as const, detail: 'Prometheus did not answer' };
    expect(await statusOf(scene({ pods: [pending({ unsupported: [] })], nodes: [], snapshot: { metrics } }))).toMatch(
      /\nremovals: {3}held: .*Prometheus did not answer/,
    );
  });

  it('says what is unknown', async () => {
    const metrics = { known: false as const, reason: 'timeout' as const, detail: 'no answer' };
    expect(await statusOf(scene({ snapshot: { metrics } }))).toMatch(/\nCPU: {8}unknown\n/);
  });

  it('is written at every tick, so that its time tells whether the autoscaler lives', async () => {
    const { statuses } = await run(scene(), { wakes: 1 });
    expect(statuses).toHaveLength(2);
  });

  it('that cannot be written is logged and ends nothing', async () => {
    const { lines, calls } = await run(scene(), { publish: [{ outcome: 'refused', detail: 'HTTP 404: not found' }] });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: expect.stringMatching(/status/),
        error: 'HTTP 404: not found',
      }),
    );
    expect(calls.at(-1)).toBe('release');
  });

  it('is written before the lease is given back, after all effects', async () => {
    const order: string[] = [];
    const { calls } = await run(scene({ nodes: [], pods: [pending()] }), {
      onAnnounce: () => order.push('told'),
      calls: order,
    });
    expect(order.indexOf('told')).toBeGreaterThan(order.findIndex((call) => call.startsWith('launch')));
    expect(order.indexOf('told')).toBeLessThan(order.indexOf('release'));
    expect(calls).toBe(order);
  });
});
