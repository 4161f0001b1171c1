import { launch, newWorld, seconds, web } from './builders';

describe('the world', () => {
  it('starts warm: the server tainted, base workers ready, the system running', () => {
    const world = newWorld({ baseWorkers: 2 });
    expect(world.counts()).toEqual({
      nodes: { ready: 2, notReady: 0, joining: 0, cordoned: 0, terminating: 0 },
      pods: { running: 0, pending: 0, unschedulable: 0 },
    });
    expect(
      world.kubernetes.list('pods').items.every((pod) => (pod.status as { phase: string }).phase === 'Running'),
    ).toBe(true);
    expect(world.ec2.all().map(({ zone, tags }) => [zone, tags['k3s-autoscaler:role']])).toEqual([
      ['us-east-1a', 'server'],
      ['us-east-1a', 'base'],
      ['us-east-1b', 'base'],
    ]);
    expect(world.events).toEqual([]);
  });

  it('runs 50 replicas on as many nodes as a hand count gives', () => {
    // GIVEN 2 cores at 250m: 8 pods a node, so 50 pods need 7 nodes, 6 beside the base worker
    const world = newWorld();
    world.workload(web(50));
    expect(world.counts().pods).toEqual({ running: 0, pending: 50, unschedulable: 42 });
    // WHEN
    world.ec2.runInstances(launch({ maxCount: 6 }));
    world.clock.advanceTo(seconds(59));
    expect(world.counts().nodes).toMatchObject({ ready: 1, joining: 6 });
    world.clock.advanceTo(seconds(66));
    // THEN
    expect(world.counts()).toEqual({
      nodes: { ready: 7, notReady: 0, joining: 0, cordoned: 0, terminating: 0 },
      pods: { running: 50, pending: 0, unschedulable: 0 },
    });
  });

  it('gives a joined node its pool’s labels and its provider id', () => {
    const world = newWorld();
    const [instance] = world.ec2.runInstances(launch()).instances;
    world.clock.advanceTo(seconds(70));
    const node = world.kubernetes.get('nodes', `worker-${instance?.id}`);
    expect(node.metadata.labels).toMatchObject({
      tier: 'burst',
      'k3s-autoscaler/pool': 'burst',
      'k3s-autoscaler/managed': 'true',
      'topology.kubernetes.io/zone': 'us-east-1a',
    });
    expect((node.spec as { providerID: string }).providerID).toBe(`aws:///us-east-1a/${instance?.id}`);
  });

  it('notices a dead node after 40 s, evicts after 300 s, and keeps the Node until somebody deletes it', () => {
    // GIVEN
    const world = newWorld({ baseWorkers: 2 });
    world.workload(web(4, { pdb: { minAvailable: 4 } }));
    world.clock.advanceTo(seconds(10));
    const base = world.ec2.all()[1]?.id as string;
    // WHEN
    world.ec2.terminateInstances([base]);
    // THEN the API still believes, the truth does not
    expect(world.counts().pods.running).toBe(2);
    expect(world.events.filter(({ kind }) => kind === 'pdb-violated')).toEqual([
      { at: seconds(10), kind: 'pdb-violated', pdb: 'web', healthy: 2, desired: 4, by: `terminate ${base}` },
    ]);
    world.clock.advanceTo(seconds(51));
    expect(world.counts().nodes).toEqual({ ready: 1, notReady: 1, joining: 0, cordoned: 0, terminating: 0 });
    expect(world.kubernetes.list('pods', { namespace: 'default' }).items).toHaveLength(4);
    world.clock.advanceTo(seconds(10 + 40 + 300 + 6));
    expect(world.counts().pods.running).toBe(4);
    expect(world.events.filter((event) => event.kind === 'pod-created' && event.replaces)).toHaveLength(2);
    expect(world.kubernetes.list('pods', { namespace: 'default' }).items).toHaveLength(6);
    world.kubernetes.remove('nodes', `worker-${base}`, {});
    expect(world.kubernetes.list('pods', { namespace: 'default' }).items).toHaveLength(4);
  });

  it('lets a machine boot that never joins, as often as the fault says', () => {
    const world = newWorld();
    world.nodeFault({ kind: 'service', atMs: 0, service: 'node', fault: 'never-joins', times: 1 });
    world.ec2.runInstances(launch({ maxCount: 2 }));
    world.clock.advanceTo(seconds(300));
    expect(world.counts().nodes).toMatchObject({ ready: 2, joining: 1 });
  });

  it('repeats itself for the same seed and differs for another', () => {
    const run = (seed: number) => {
      const world = newWorld({ seed });
      world.workload(web(20));
      world.ec2.runInstances(launch({ maxCount: 2 }));
      world.clock.advanceTo(seconds(200));
      return JSON.stringify([world.events, world.scrape()]);
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it('plays an hour with 10 nodes, 50 pods and 240 scrapes', () => {
    const world = newWorld();
    const before = process.cpuUsage();
    world.workload(web(50));
    world.ec2.runInstances(launch({ maxCount: 9 }));
    let samples = 0;
    for (let s = 15; s <= 3600; s += 15) {
      world.clock.advanceTo(seconds(s));
      if (s % 300 === 0) world.workload(web(s % 600 === 0 ? 50 : 20));
      samples += world.scrape().length;
    }
    const { user, system } = process.cpuUsage(before);
    // Told, and not asserted on: what a busy machine takes is no fault of the world's.
    process.stdout.write(`an hour of the world: ${((user + system) / 1000).toFixed(0)} ms of CPU\n`);
    expect(samples).toBeGreaterThan(100_000);
  });
});
