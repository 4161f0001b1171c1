import type { KubeError, KubeObject } from '../../../src/world/contract';
import { newWorld, seconds, web } from '../builders';

const refused = (act: () => unknown): KubeError => {
  try {
    act();
  } catch (error) {
    return error as KubeError;
  }
  throw new Error('was not refused');
};

const running = (pdb?: { minAvailable: number | string } | { maxUnavailable: number | string }) => {
  const world = newWorld({ baseWorkers: 2 });
  world.workload(web(10, pdb ? { pdb } : {}));
  world.clock.advanceTo(seconds(10));
  const pods = world.kubernetes.list('pods', { namespace: 'default' }).items;
  const status = () => world.kubernetes.get('poddisruptionbudgets', 'web', 'default').status;
  return {
    world,
    pods,
    status,
    evict: (pod: KubeObject | undefined, uid = pod?.metadata.uid) =>
      world.kubernetes.evict('default', pod?.metadata.name ?? '', { deleteOptions: { preconditions: { uid } } }),
  };
};

describe('eviction', () => {
  it('counts a percentage of what the Deployment wants, rounded up', () => {
    expect(running({ minAvailable: '85%' }).status()).toMatchObject({
      expectedPods: 10,
      desiredHealthy: 9,
      currentHealthy: 10,
      disruptionsAllowed: 1,
    });
    expect(running({ maxUnavailable: '15%' }).status()).toMatchObject({
      expectedPods: 10,
      desiredHealthy: 8,
      disruptionsAllowed: 2,
    });
  });

  it('replaces an evicted pod at once and refuses the next while the budget is used up', () => {
    // GIVEN
    const { world, pods, evict } = running({ minAvailable: 9 });
    // WHEN
    evict(pods[0]);
    // THEN
    const error = refused(() => evict(pods[1]));
    expect([error.status, error.reason, error.details]).toEqual([
      429,
      'TooManyRequests',
      {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget web needs 9 healthy pods and has 9 currently' },
        ],
      },
    ]);
    expect(world.events.find((event) => event.kind === 'pod-created' && event.replaces)).toMatchObject({
      replaces: pods[0]?.metadata.uid,
    });
    // AND allows it again when the replacement is ready.
    world.clock.advanceTo(seconds(15));
    evict(pods[1]);
    expect(world.events.some(({ kind }) => kind === 'pdb-violated')).toBe(false);
    world.clock.advanceTo(seconds(30));
    expect(world.counts().pods).toEqual({ running: 10, pending: 0, unschedulable: 0 });
  });

  it('asks the budget before it looks at the uid, as the real API server was seen to do', () => {
    const { pods, evict } = running({ minAvailable: 10 });
    expect(refused(() => evict(pods[0], 'other')).status).toBe(429);
  });

  it('refuses a wrong uid with 409, an unknown pod with 404, and two budgets with 500', () => {
    const { world, pods, evict } = running({ minAvailable: 1 });
    expect(refused(() => evict(pods[0], 'other')).status).toBe(409);
    expect(refused(() => world.kubernetes.evict('default', 'nobody', {})).status).toBe(404);
    world.kubernetes.create(
      'poddisruptionbudgets',
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'second' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      },
      'default',
    );
    expect(refused(() => evict(pods[0])).message).toBe(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  });
});

describe('node writes', () => {
  it('cordon under a resource version adds the taint, and a stale version is a conflict', () => {
    const { world } = running();
    const node = world.kubernetes.list('nodes').items[1] as KubeObject;
    const { name, resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion, annotations: { mark: 'x' } }, spec: { unschedulable: true } };
    world.kubernetes.patch('nodes', name, patch, 'application/merge-patch+json');
    expect(refused(() => world.kubernetes.patch('nodes', name, patch, 'application/merge-patch+json')).status).toBe(
      409,
    );
    expect(world.kubernetes.get('nodes', name).spec).toMatchObject({
      unschedulable: true,
      taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
    });
    expect(world.counts().nodes).toMatchObject({ ready: 1, cordoned: 1 });
    world.kubernetes.patch(
      'nodes',
      name,
      { metadata: { annotations: { mark: null } }, spec: { unschedulable: null } },
      'application/strategic-merge-patch+json',
    );
    expect(world.kubernetes.get('nodes', name).spec).toMatchObject({ taints: [] });
    expect(world.events.filter(({ kind }) => kind.startsWith('node-')).map(({ kind }) => kind)).toEqual([
      'node-cordoned',
      'node-uncordoned',
    ]);
  });
});
