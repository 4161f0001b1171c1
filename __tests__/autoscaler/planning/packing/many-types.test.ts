import { LABEL } from '../../../../src/autoscaler/names';
import { plan } from '../../../../src/autoscaler/planning/planner';
import type { RuntimeConfig, RuntimePool } from '../../../../src/config/runtime';
import { base, burstPool, config, fillOf, MI, nodesOf, pending, scene, times, typeOf } from '../../builders';

/** Of more types than are tried for every node, a pod still gets the one that it may run on. */

const COUNT = 40;
const names = times(COUNT, (i) => `m${i}.large`);
const pool: RuntimePool = { ...burstPool, instanceTypes: names };

/** Each type is dearer and larger than the one before it: 0.1 $ and 2000m, 0.2 $ and 4000m, … */
const settings: RuntimeConfig = {
  ...config,
  limits: { maxNodes: 100 },
  pools: [{ ...pool, max: 90 }],
  instanceTypes: {
    ...config.instanceTypes,
    ...Object.fromEntries(names.map((name, i) => [name, typeOf(2000 * (i + 1), 8000 * (i + 1), 0.1 * (i + 1))])),
  },
};

describe('of forty types', () => {
  it('every one is bought for a pod that selects it', () => {
    const bought = names.map((type) => {
      const snapshot = scene({ pods: [fillOf(base), pending({ nodeSelector: { [LABEL.instanceType]: type } })] });
      return plan(snapshot, settings).intents.map((intent) => intent.kind === 'launch' && intent.types?.[0]);
    });
    expect(bought).toEqual(names.map((type) => [type]));
  });

  it('the dearest is bought for each of small pods that select it and refuse each other', () => {
    const selector = [{ key: 'app', operator: 'In' as const, values: ['web'] }];
    const antiAffinity = [{ selector, namespaces: ['default'], topologyKey: LABEL.hostname }];
    const nodeSelector = { [LABEL.instanceType]: names.at(-1) as string };
    const requests = { cpuMilli: 100, memoryBytes: MI, pods: 1 };
    const pods = times(3, () => pending({ requests, antiAffinity, nodeSelector }));
    expect(nodesOf(plan(scene({ pods: [fillOf(base), ...pods] }), settings))).toEqual({ burst: 3 });
  });
});
