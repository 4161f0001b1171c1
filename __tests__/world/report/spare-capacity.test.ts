import { TAG } from '../../../src/autoscaler/names';
import { LOCAL_CLUSTER, resolveConfig, toRuntimeConfig } from '../../../src/config';
import { couldPlaceAllPending } from '../../../src/world/report/spare-capacity';
import { START, type WorkloadStep } from '../../../src/world/scenario/types';
import { World } from '../../../src/world/world';

const MINUTE = 60_000;

/** One base worker, on which 8 of the pods fit. */
function worldWith(pods: number, pod: WorkloadStep['pod'] = {}): World {
  const config = toRuntimeConfig(resolveConfig({}, 'test'), { cluster: LOCAL_CLUSTER });
  const world = new World({
    seed: 1,
    config,
    resources: {
      table: 't',
      historyTable: 'h',
      subnets: Object.fromEntries(config.zones.map((zone) => [zone, `subnet-${zone}`])),
      launchTemplates: { burst: { id: 'lt-00000000000000001', version: '1' } },
      prometheusUrl: '',
      kubernetesUrl: '',
      parameters: { controllerToken: '', ca: '' },
    },
    baseWorkers: 1,
    timings: { launchMs: 20_000, bootMs: 40_000, shutdownMs: 30_000, describeLagMs: 5_000, podStartMs: 5_000 },
  });
  const template = { cpu: '250m', memory: '128Mi', ...pod };
  const step = { workload: 'deployment', name: 'web', namespace: 'default', replicas: pods, pod: template } as const;
  world.workload({ kind: 'workload', atMs: 0, ...step });
  world.clock.advanceTo(START + MINUTE);
  return world;
}

function launch(world: World): string {
  const { instances } = world.ec2.runInstances({
    templateId: 'lt-00000000000000001',
    templateVersion: '1',
    instanceType: 't3.medium',
    subnetId: `subnet-${world.options.config.zones[0]}`,
    market: 'on-demand',
    minCount: 1,
    maxCount: 1,
    tags: {
      instance: { [TAG.cluster]: LOCAL_CLUSTER, [TAG.pool]: 'burst', [TAG.role]: 'worker', [TAG.operation]: 'o' },
    },
  });
  return instances[0]?.id ?? '';
}

describe('couldPlaceAllPending, asked when an instance is launched', () => {
  it('is false where the pods need the instance, whose own room does not count', () => {
    // GIVEN 12 pods, of which 4 are pending
    const world = worldWith(12);
    expect(couldPlaceAllPending(world, launch(world))).toBe(false);
  });

  it('is true where one that is on its way takes them all', () => {
    const world = worldWith(12);
    launch(world);
    expect(couldPlaceAllPending(world, launch(world))).toBe(true);
  });

  it('is false for each of as many as are needed, and true for one more', () => {
    // GIVEN 24 pods: 16 are pending, which is two workers
    const world = worldWith(24);
    const answers = [1, 2, 3].map(() => couldPlaceAllPending(world, launch(world)));
    expect(answers).toEqual([false, false, true]);
  });

  it('is false where the pods do not fit what is on its way', () => {
    const world = worldWith(9, { nodeSelector: { disk: 'ssd' } });
    launch(world);
    expect(couldPlaceAllPending(world, launch(world))).toBe(false);
  });

  it('is true where nothing is pending', () => {
    const world = worldWith(3);
    expect(couldPlaceAllPending(world, launch(world))).toBe(true);
  });

  it('is false where EC2 takes a node whose pods fit nowhere else, though they still run', () => {
    // GIVEN 12 pods, of which 4 run on a worker of their own
    const world = worldWith(12);
    const doomed = launch(world);
    world.clock.advanceTo(world.clock.now() + 2 * MINUTE);
    expect(world.counts().pods).toMatchObject({ running: 12, pending: 0 });
    // WHEN
    world.ec2.interrupt(doomed);
    // THEN
    expect(couldPlaceAllPending(world, launch(world))).toBe(false);
  });

  it('counts no room on a node that EC2 takes', () => {
    // GIVEN 8 pods on the base worker, and an empty worker that is being taken
    const world = worldWith(8);
    const doomed = launch(world);
    world.clock.advanceTo(world.clock.now() + 2 * MINUTE);
    world.ec2.interrupt(doomed);
    const template = { cpu: '250m', memory: '128Mi' };
    const step = { workload: 'deployment', name: 'web', namespace: 'default', replicas: 9, pod: template } as const;
    world.workload({ kind: 'workload', atMs: 0, ...step });
    expect(couldPlaceAllPending(world, launch(world))).toBe(false);
  });
});
