import { SERVER_NODE } from '../../../src/autoscaler/names';
import { pictureOf } from '../../../src/world/report/picture';
import { launch, newWorld, seconds, web } from '../builders';

/** Base: t3.medium, 2 cores; with the system's own pods on the server, 8 pods of 250m fill it. */
describe('a picture of the world', () => {
  const of = (world: ReturnType<typeof newWorld>, name: string) =>
    pictureOf(world).nodes.find((node) => node.name === name);

  it('has the server first, then base workers, with what they offer and cost', () => {
    const { nodes, pending } = pictureOf(newWorld({ baseWorkers: 2 }));
    expect(nodes.map(({ role, state, type, cpuMilli }) => ({ role, state, type, cpuMilli }))).toEqual([
      { role: 'server', state: 'ready', type: 't3.medium', cpuMilli: 2000 },
      { role: 'base', state: 'ready', type: 't3.medium', cpuMilli: 2000 },
      { role: 'base', state: 'ready', type: 't3.medium', cpuMilli: 2000 },
    ]);
    expect(nodes[0]).toMatchObject({ name: SERVER_NODE, pool: null, market: 'on-demand', zone: 'us-east-1a' });
    // 95 % of 4 GiB, in whole KiB as a kubelet tells it.
    expect(nodes[1]?.memoryBytes).toBe(1024 * Math.floor(0.95 * 4 * 1024 ** 2));
    // t3.medium 0.0416, the address 0.005, 20 GB of gp3.
    expect(nodes[1]?.usdPerHour).toBeCloseTo(0.0416 + 0.005 + 1.6 / 730, 6);
    expect(pending).toEqual([]);
  });

  it('shows pods where they are placed, and those without a place as pending, by their Deployment', () => {
    // GIVEN ten pods of 250m, of which a base worker takes eight
    const world = newWorld();
    world.workload(web(10));
    world.clock.advanceTo(seconds(60));
    // WHEN
    const { nodes, pending } = pictureOf(world);
    // THEN
    const placed = nodes
      .find(({ role }) => role === 'base')
      ?.pods.filter(({ workload }) => workload === 'Deployment web');
    expect(placed).toHaveLength(8);
    expect(placed?.[0]).toMatchObject({ cpuMilli: 250, memoryBytes: 128 * 1024 ** 2, phase: 'Running' });
    expect(pending.map(({ workload, phase }) => ({ workload, phase }))).toEqual([
      { workload: 'Deployment web', phase: 'Pending' },
      { workload: 'Deployment web', phase: 'Pending' },
    ]);
    expect(pending[0]?.name).toMatch(/^default\/web-/);
  });

  it('follows a machine from its launch to its end, and counts what EC2 charges for it', () => {
    const world = newWorld();
    const { id = '' } = world.ec2.runInstances(launch({ market: 'spot' })).instances[0] ?? {};
    const name = `worker-${id}`;
    // Nothing is offered by what has not registered, and it costs.
    expect(of(world, name)).toMatchObject({ instance: id, role: 'worker', pool: 'burst', market: 'spot', cpuMilli: 0 });
    expect(of(world, name)).toMatchObject({ state: 'joining' });
    expect(of(world, name)?.usdPerHour).toBeGreaterThan(0);
    world.clock.advanceTo(seconds(70));
    expect(of(world, name)).toMatchObject({ state: 'ready', cpuMilli: 2000 });
    world.kubernetes.patch('nodes', name, { spec: { unschedulable: true } }, 'application/merge-patch+json');
    expect(of(world, name)).toMatchObject({ state: 'cordoned' });
    world.ec2.terminateInstances([id]);
    expect(of(world, name)).toMatchObject({ state: 'ending', usdPerHour: 0 });
    // EC2 has ended it; its Node stays until somebody deletes it.
    world.clock.advanceTo(seconds(200));
    expect(of(world, name)).toMatchObject({ state: 'not-ready', usdPerHour: 0 });
    world.kubernetes.remove('nodes', name, {});
    expect(of(world, name)).toBeUndefined();
  });

  it('shows a Node that no machine stands behind as foreign', () => {
    const world = newWorld();
    world.kubernetes.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'stray' },
      spec: {},
      status: { allocatable: { cpu: '1', memory: '1Gi' }, capacity: {}, conditions: [], addresses: [] },
    });
    expect(of(world, 'stray')).toMatchObject({ role: 'foreign', instance: null, state: 'not-ready', cpuMilli: 1000 });
  });
});
