import { plan } from '../../../src/autoscaler/planning/planner';
import { emptyState } from '../../../src/autoscaler/state';
import type { CalendarWindow, RuntimeConfig } from '../../../src/config/runtime';
import { base, config, fillOf, instance, later, MINUTE, nodeOf, nodesOf, scene, T0 } from '../builders';

/** What a window of the calendar changes in a plan. It holds from midnight, which is T0, for an hour. */

const HOUR = 60 * MINUTE;
const during = (over: Partial<CalendarWindow>, policy: Partial<RuntimeConfig['policy']> = {}): RuntimeConfig => ({
  ...config,
  policy: {
    ...config.policy,
    ...policy,
    calendar: [
      {
        name: 'night',
        start: '0 0 * * *',
        timeZone: 'UTC',
        durationMs: HOUR,
        min: {},
        headroom: { cpuMilli: 0, memoryBytes: 0, pods: 0 },
        ...over,
      },
    ],
  },
});

const worker = instance('i-a');
const { name } = nodeOf(worker);
/** A worker that has been unneeded for two hours, beside a base worker that is empty. */
const idle = scene({
  instances: [worker],
  cpu: 0.1,
  snapshot: { state: { ...emptyState(), unneededSince: { [name]: T0 - 2 * HOUR } } },
});

describe('while a window of the calendar holds', () => {
  it('its minimum is filled, and not a moment before or after', () => {
    const settings = during({ min: { burst: 3 } });
    const at = (ms: number) => plan(later(scene({ instances: [worker] }), ms), settings);
    expect([nodesOf(at(0)), at(0).decision.code]).toEqual([{ burst: 2 }, 'below-minimum']);
    expect(nodesOf(at(HOUR - 1))).toEqual({ burst: 2 });
    expect([nodesOf(at(-1)), nodesOf(at(HOUR))]).toEqual([{}, {}]);
  });

  it('its minimum keeps nodes that are not needed, and lets them go when it is over', () => {
    const settings = during({ min: { burst: 1 } });
    expect(plan(idle, settings).nodes[name]?.code).toBe('node-pool-minimum');
    expect(plan(later(idle, HOUR), settings).nodes[name]?.code).toBe('node-chosen');
  });

  it('its headroom is launched', () => {
    const settings = during({ headroom: { cpuMilli: 4000, memoryBytes: 0, pods: 0 } });
    const full = scene({ pods: [fillOf(base)] });
    expect([nodesOf(plan(full, settings)), nodesOf(plan(later(full, HOUR), settings))]).toEqual([{ burst: 2 }, {}]);
  });

  it('that allows no removals none begins, whatever the standing number is', () => {
    const settings = during({ removalsAtOnce: 0 }, { removalsAtOnce: 3 });
    expect(plan(idle, settings)).toMatchObject({
      intents: [],
      nodes: { [name]: { code: 'node-one-at-a-time', text: expect.stringContaining('Going on: 0 of 0.') } },
    });
    expect(plan(later(idle, HOUR), settings).intents).toMatchObject([{ kind: 'remove', node: name }]);
  });
});

describe('a worker that is too old', () => {
  /** Its pods, of which it has none, may go to the base worker. */
  const old = { maxAgeMs: HOUR, unneededForMs: 24 * HOUR };

  it('is replaced', () => {
    expect(plan(idle, during({}, old)).intents).toMatchObject([{ kind: 'remove', node: name, reason: 'rotation' }]);
  });

  it.each<[string, RuntimeConfig, number[], Record<string, string>]>([
    ['while no removal may begin', during({ removalsAtOnce: 0 }, old), [], {}],
    ['while as many as an hour may see have begun', during({}, { ...old, removalsPerHour: 1 }), [T0 - MINUTE], {}],
    [
      'while a person keeps it',
      during({}, old),
      [],
      { 'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true' },
    ],
  ])('is left alone %s', (_, settings, removalsBegun, annotations) => {
    const nodes = [nodeOf(base), nodeOf(worker, { annotations })];
    const snapshot = scene({
      instances: [worker],
      nodes,
      cpu: 0.1,
      snapshot: { state: { ...emptyState(), removalsBegun } },
    });
    expect(plan(snapshot, settings).intents).toEqual([]);
  });
});
