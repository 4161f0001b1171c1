import { z } from 'zod';
import { cron, timeZone } from './calendar-fields';
import { duration, group, neededDuration, percent, quantity, shortName, whole } from './fields';

/** `policy` of the schema: when the autoscaler acts, how far, and what it keeps. */

const headroom = (description: string) =>
  group(description, {
    cores: z
      .number()
      .min(0)
      .max(10_000)
      .meta({ description: 'Free cores, over all workers.', unit: 'vCPU' })
      .default(0),
    memory: quantity('4Gi', 'Free memory, over all workers.').default('0'),
    pods: whole(0, 0, 110_000, 'pods', 'Free places for pods, over all workers.'),
  });

const calendarWindow = z
  .strictObject({
    name: shortName('office-hours', 'Name that reasons show; each once.'),
    start: cron('0 8 * * MON-FRI', 'When it starts: minute, hour, day of month, month, day of week.'),
    timeZone: timeZone('Zone whose clocks `start` means, with their summer time.'),
    for: neededDuration('10h', 'How long it holds from each start on, at most 7 days.', {
      atLeast: '1m',
      atMost: '7d',
    }),
    pools: z
      .record(
        z.string(),
        z
          .strictObject({
            min: z
              .int()
              .min(0)
              .max(1000)
              .meta({
                description: 'Workers the pool keeps meanwhile.',
                unit: 'workers',
                examples: [2],
              }),
          })
          .meta({ description: 'What holds for the pool.' }),
      )
      .meta({ description: 'Pools by name.', type: 'map of pools' })
      .default({}),
    headroom: headroom('Room kept free meanwhile.'),
    removalsAtOnce: z
      .int()
      .min(0)
      .max(10)
      .meta({
        description: 'Removals going on at the same time meanwhile, where that is fewer; 0: no new one begins.',
        unit: 'nodes',
        examples: [0],
      })
      .optional(),
  })
  .meta({ description: 'A time that comes again.' });

const signal = z
  .strictObject({
    name: shortName('queue', 'Name that reasons show; each once.'),
    query: z
      .string()
      .regex(/\S/, 'a query of PromQL')
      .meta({ description: 'PromQL whose value is one number.', type: 'PromQL', examples: ['sum(queue_length)'] }),
    above: z.number().meta({
      description: 'Above it for the whole window, workers are added, as many as bring it down to this.',
      examples: [100],
    }),
    below: z
      .number()
      .meta({
        description:
          'Not below it for the whole window, no worker is removed. Without it that is 80 % of `above`; where `above` is not positive, it is enough not to be above it.',
        examples: [10],
      })
      .optional(),
    window: duration('5m', 'Window of both.'),
  })
  .meta({ description: 'A signal.' });

export const policy = group('When and how far to scale.', {
  cpu: group('The CPU signal: the mean of the warm workers.', {
    up: percent(70, 'Above it for the whole window, workers are added: as many as bring it down to this.'),
    down: percent(30, 'Below it for the whole down window, a worker may be removed.'),
    window: duration('5m', 'Window of the mean for adding.'),
    downWindow: duration('10m', 'Window of the mean for removing.'),
  }),
  signals: z
    .array(signal)
    .meta({
      description: 'Signals of your own beside CPU: values of Prometheus with thresholds.',
      type: 'list of signals',
    })
    .default([]),
  cooldown: group('Rest after a change; holds back signals and removals, never pending pods.', {
    up: duration('3m', 'Between two launches for a signal.', { atLeast: '0s' }),
    down: duration('10m', 'Between any change and a removal.', { atLeast: '0s' }),
  }),
  settling: duration('15s', 'How long a pod must be pending before a node is bought for it.', { atLeast: '0s' }),
  dataMaxAge: duration('90s', 'Data older than this is doubtful: no removal, no launch for a signal.'),
  unneededFor: duration('10m', 'How long a node must be unneeded before it is removed.', { atLeast: '0s' }),
  unneededBelow: percent(50, 'Of allocatable requested, below which a node may be unneeded.'),
  minAge: duration('10m', 'Age below which a node is never removed.', { atLeast: '0s' }),
  joinDeadline: duration('10m', 'An instance that is no Ready node by then is terminated and replaced.', {
    atLeast: '1m',
  }),
  drainDeadline: duration('10m', 'A drain that is not done by then is rolled back.', { atLeast: '1m' }),
  removalsAtOnce: whole(1, 1, 10, 'nodes', 'Removals going on at the same time.'),
  removalsPerHour: z
    .int()
    .min(1)
    .max(1000)
    .meta({
      description: 'Removals that may begin within an hour; without it, any number.',
      unit: 'nodes',
      examples: [6],
    })
    .optional(),
  removalOrder: z
    .enum(['least-disruption', 'oldest'])
    .meta({
      description:
        'Which of several unneeded nodes goes first: one that leaves the zones of its pool even, of these the one that moves the fewest pods, then the oldest; or the oldest alone.',
    })
    .default('least-disruption'),
  evict: group('Pods that may be moved although moving them can lose something. Annotations of a pod go before it.', {
    localStorage: z.boolean().meta({ description: 'Pods with volumes on the node, which are lost.' }).default(false),
    barePods: z.boolean().meta({ description: 'Pods without a controller, which nobody makes anew.' }).default(false),
    systemPods: z.boolean().meta({ description: 'Pods of kube-system.' }).default(false),
  }),
  maxAge: neededDuration('14d', 'Age at which an autoscaled worker is replaced, one at a time; without it, never.', {
    atLeast: '1h',
  }).optional(),
  rebalance: z
    .enum(['cordon', 'drain'])
    .meta({
      description:
        'What a rebalance recommendation of EC2 does to its node: no new pods for an hour (`cordon`), or its pods leave and a replacement comes (`drain`).',
    })
    .default('cordon'),
  offeringBackoff: group('Rest for a type, market and zone that had no capacity; doubles at each failure.', {
    first: duration('3m', 'After the first failure.'),
    max: duration('30m', 'Never longer than this.'),
  }),
  placement: z
    .enum(['lowest-cost', 'least-waste', 'priority'])
    .meta({
      description:
        'How pool, type and market of new nodes are chosen: the cheapest in all, the least left unused, or (`priority`) as configured: pools in their order, then markets, then types.',
    })
    .default('lowest-cost'),
  headroom: headroom('Room kept free for pods to come, beside what pods ask for.'),
  calendar: z
    .array(calendarWindow)
    .meta({
      description:
        'Minima, headroom and removals by the time of day; minima and headroom hold where they are larger than the standing ones.',
      type: 'list of windows',
    })
    .default([]),
});
