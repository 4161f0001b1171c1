import { plan } from '../../../../src/autoscaler/planning/planner';
import { type Cluster, clusters, snapshotOf } from './clusters';
import { holds } from './runs';
import { launched } from './scheduler';

/** What all workers of the cluster take of each limit; `more` are bought. */
function used({ instances, config }: Cluster, more: Cluster['instances'] = []) {
  const all = [...instances, ...more].filter(({ role }) => role !== 'server');
  const sum = (
    of: (type: NonNullable<(typeof config.instanceTypes)[string]>, market: 'spot' | 'on-demand') => number,
  ) => all.reduce((total, { type, market }) => total + of(config.instanceTypes[type] as never, market), 0);
  const usdPerHour = sum(({ usdPerHour: price }, market) => price[market]);
  return {
    maxNodes: all.length,
    cores: sum(({ cpuMilli }) => cpuMilli / 1000),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    usdPerHour,
    usdPerMonth: usdPerHour * 730,
  };
}

const inPool = (instances: Cluster['instances'], name: string) => instances.filter(({ pool }) => pool === name).length;

/** Sums of prices are not exact. */
const SAME = 1e-6;

describe('whatever the limits are', () => {
  it('what is launched breaks none, and whom a limit leaves without a node is told which', () => {
    // GIVEN any cluster with limits, even broken ones
    holds(clusters({ limited: true }), 400, (cluster) => {
      const snapshot = snapshotOf(cluster);
      const { config } = cluster;
      // WHEN
      const made = plan(snapshot, config);
      // THEN what is bought keeps within each limit; what was there is nobody's choice now
      const bought = launched(made, snapshot, config);
      const after = used(cluster, bought);
      if (bought.length > 0) {
        for (const [limit, most] of Object.entries(config.limits)) {
          expect(after[limit as keyof typeof after]).toBeLessThanOrEqual(most + SAME);
        }
      }
      for (const { name, max } of config.pools) {
        const more = inPool(bought, name);
        if (more > 0) expect(inPool(cluster.instances, name) + more).toBeLessThanOrEqual(max);
      }
      // AND a limit of the configuration is named to whom it leaves. (It need not be reached by what is bought: nodes that
      // the scheduler can do without are left out afterwards, and the next tick has their room.)
      for (const { code, text } of Object.values(made.pods)) {
        if (code !== 'pod-over-limit') continue;
        const named = /limits\.(\w+)/.exec(text)?.[1]?.replace('memory', 'memoryBytes');
        const limits = [...Object.keys(config.limits), ...config.pools.map(({ name }) => `max of pool ${name}`)];
        expect(limits).toContain(named ?? /max of pool \w+/.exec(text)?.[0]);
      }
    });
  });
});
