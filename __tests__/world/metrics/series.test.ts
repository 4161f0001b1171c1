import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newWorld, seconds, web } from '../builders';

/** Label names by series name, as the real kube-state-metrics 2.20 wrote them. */
function recorded(): Map<string, string[]> {
  const lines = readFileSync(join(__dirname, '../../fixtures/kube-state-metrics-2.20.prom'), 'utf8').split('\n');
  const found = lines.map((line) => /^(\w+)\{(.*)\} \S+$/.exec(line)).filter((match) => match !== null);
  return new Map(
    found.map((match) => [
      match[1] as string,
      [...(match[2] as string).matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map((label) => label[1] as string).sort(),
    ]),
  );
}

const cpuOf = (world: ReturnType<typeof newWorld>, mode: string): number[] =>
  world
    .scrape()
    .filter(
      ({ labels }) =>
        labels.__name__ === 'node_cpu_seconds_total' && labels.mode === mode && labels.node?.startsWith('worker'),
    )
    .map(({ value }) => value);

describe('the series', () => {
  it('have the names and label names of the recording', () => {
    // GIVEN pods in every state that shows
    const world = newWorld();
    world.workload(web(10));
    world.workload(web(1, { name: 'gated', workload: 'pod', pod: { cpu: '1', schedulingGates: [{ name: 'wait' }] } }));
    world.clock.advanceTo(seconds(30));
    // WHEN
    const samples = world.scrape().filter(({ labels }) => labels.__name__?.startsWith('kube_'));
    // THEN
    const real = recorded();
    const names = new Set(samples.map(({ labels }) => labels.__name__ as string));
    expect([...names].filter((name) => !real.has(name))).toEqual([]);
    for (const { labels } of samples) {
      const { __name__: name, job: _job, instance: _instance, ...rest } = labels;
      expect([name, ...Object.keys(rest).sort()]).toEqual([name, ...(real.get(name as string) as string[])]);
    }
    expect(names).toContain('kube_pod_status_reason');
    expect(samples.filter(({ labels }) => labels.__name__ === 'kube_pod_status_unschedulable')).toHaveLength(3);
  });

  it('count CPU exactly: load and pods, capped, idle the rest', () => {
    // GIVEN
    const world = newWorld();
    const idle = cpuOf(world, 'idle')[0] as number;
    expect(idle).toBeCloseTo(3600, 6);
    // WHEN half of the capacity for 100 s, then more than there is for 50 s
    world.load({ kind: 'load', atMs: 0, nodes: 'all', cpu: 0.5, forMs: 100_000 });
    world.clock.advanceTo(seconds(100));
    expect(cpuOf(world, 'idle')[0]).toBeCloseTo(idle + 50, 6);
    world.workload(web(4));
    world.clock.advanceTo(seconds(105));
    world.load({ kind: 'load', atMs: 0, nodes: 'base', cpu: 0.95 });
    world.clock.advanceTo(seconds(155));
    // THEN 5 s idle while the pods start, then nothing left
    expect(cpuOf(world, 'idle')[0]).toBeCloseTo(idle + 55, 6);
    expect((cpuOf(world, 'user')[0] as number) + (cpuOf(world, 'system')[0] as number)).toBeCloseTo(100, 6);
  });

  it('end with the machine: its target is down', () => {
    const world = newWorld({ baseWorkers: 2 });
    world.ec2.terminateInstances([world.ec2.all()[1]?.id as string]);
    expect(cpuOf(world, 'idle')).toHaveLength(2);
    expect(
      world
        .scrape()
        .filter(({ labels }) => labels.__name__ === 'up')
        .map(({ value }) => value)
        .sort(),
    ).toEqual([0, 1, 1, 1]);
  });
});
