import { z } from 'zod';
import { duration, group, limit, quantity, stageName, whole } from './fields';
import { policy } from './policy-schema';
import type { Market } from './runtime';

/**
 * The one schema of `autoscaler.config.ts`: names, types, units, defaults and descriptions. What holds between fields
 * is in `contradictions.ts`; `docs/configuration.md` is written from this.
 */

export const LABEL_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const taint = z
  .strictObject({
    key: z
      .string()
      .regex(LABEL_NAME, 'a label key of Kubernetes')
      .meta({ description: 'Key, as Kubernetes spells it.', examples: ['dedicated'] }),
    value: z
      .string()
      .regex(LABEL_VALUE, 'a label value of Kubernetes')
      .optional()
      .meta({ description: 'Value; may be left out.' }),
    effect: z
      .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .meta({ description: 'What happens to pods that do not tolerate it.' }),
  })
  .meta({ description: 'A taint.' });

const MARKETS = ['on-demand', 'spot', 'spot-then-on-demand'] as const;

const MARKET_ORDER: Record<(typeof MARKETS)[number], readonly Market[]> = {
  'on-demand': ['on-demand'],
  spot: ['spot'],
  'spot-then-on-demand': ['spot', 'on-demand'],
};

/** The markets that a pool buys from, in order of preference. */
export const marketsOf = (market: (typeof MARKETS)[number]): readonly Market[] => MARKET_ORDER[market];

const pool = z
  .strictObject({
    instanceTypes: z
      .array(z.string())
      .min(1)
      .meta({
        description:
          'Instance types, all of one architecture. Their order decides under `policy.placement: priority`, and where they cost the same.',
        type: 'list of names',
        examples: [['t3.medium']],
      }),
    market: z
      .enum(MARKETS)
      .meta({
        description:
          'How instances are bought. `spot-then-on-demand`: on demand where spot has no capacity, and back to spot, one worker at a time, once it has and the cluster has not changed for an hour.',
      })
      .default('on-demand'),
    min: whole(0, 0, 1000, 'workers', 'Workers the pool always keeps.'),
    max: whole(9, 0, 1000, 'workers', 'Workers the pool never exceeds; 0 switches it off.'),
    labels: z
      .record(z.string(), z.string().regex(LABEL_VALUE, 'a label value of Kubernetes'))
      .meta({ description: 'Labels of its nodes, beside those the project sets.', type: 'map of labels' })
      .default({}),
    taints: z.array(taint).meta({ description: 'Taints of its nodes.', type: 'list of taints' }).default([]),
    failedBoot: z
      .enum(['terminate', 'keep'])
      .meta({
        description:
          'What becomes of an instance whose boot script failed: `terminate` ends it at once; `keep` leaves it for a look until `policy.joinDeadline`.',
      })
      .default('terminate'),
  })
  .meta({ description: 'A group of identical autoscaled workers.' });

/** The pool that is there when nobody names one. */
export const DEFAULT_POOLS = { burst: { instanceTypes: ['t3.medium', 't3a.medium'] } };

export const configSchema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region of AWS')
    .meta({ description: 'Region of AWS.' })
    .default('us-east-1'),
  zones: z
    .array(z.string())
    .min(1)
    .max(6)
    .meta({
      description:
        'Availability zones, in order; launches go through them in turn. The server and its data live in the first, which therefore stays.',
      type: 'list of names',
    })
    .default(['us-east-1a', 'us-east-1b']),
  vpcCidr: z
    .string()
    .meta({
      description: 'IPv4 network of the VPC, between /16 and /20. For life: a deploy that would change it is refused.',
      type: 'CIDR',
    })
    .default('10.0.0.0/16'),
  network: group('How the function reaches AWS.', {
    functionEgress: z
      .enum(['ipv6', 'interface-endpoints'])
      .meta({
        description:
          '`ipv6`: through an egress-only gateway, free. `interface-endpoints`: for accounts without IPv6, two endpoints (EC2, SSM) in each zone at $7.30 a month each, so $29.20 with two zones, and $0.01 for each GB.',
      })
      .default('ipv6'),
  }),
  stages: group('Which stages are special.', {
    primary: stageName(
      'The one stage of an account whose table and parameters have the plain names (`k3s-cluster-state`, `/k3s/join-token`); others have the stage behind them.',
    ).default('prod'),
    protected: z
      .array(stageName('A stage.'))
      .meta({
        description: 'Stages that refuse `destroy`, and whose state table and data volume refuse to be deleted.',
        type: 'list of names',
      })
      .default(['prod']),
  }),
  terraform: group("Where Terraform's own state is kept.", {
    stateBucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of an S3 bucket')
      .meta({
        description:
          'S3 bucket that `npm run bootstrap` made, in the region of the configuration. Without it the state is a local file, which is refused in CI.',
        type: 'name',
      })
      .optional(),
  }),
  alarms: group('CloudWatch alarms and the metrics behind them, for which CloudWatch charges.', {
    enabled: z
      .boolean()
      .meta({
        description:
          'Seven alarms at $0.10 and seven metrics at $0.30 a month each, beyond the ten of each that an account has free.',
      })
      .default(false),
    emails: z
      .array(z.email('an e-mail address'))
      .meta({ description: 'Who is told; each address has to confirm once.', type: 'list of addresses' })
      .default([]),
    unknownTicks: whole(5, 1, 100, 'ticks', 'Ticks in a row with doubtful data before the alarm.'),
  }),
  schedule: group('When the function runs by itself.', {
    every: duration('2m', 'Interval between two ticks, in whole minutes.', { atLeast: '1m' }),
  }),
  function: group('The Lambda function.', {
    timeout: duration('60s', 'The function is killed after this; the lease lasts 30 s longer.', { atLeast: '30s' }),
    memoryMb: whole(512, 128, 10_240, 'MB', 'Memory of the function; CPU grows with it.'),
  }),
  limits: group('What is never exceeded.', {
    maxNodes: whole(10, 1, 1000, 'nodes', 'Base, joining and autoscaled workers together; servers are not counted.'),
    cores: limit(64, 'vCPU', 'vCPUs of the same workers.'),
    memory: quantity(
      '64Gi',
      'Memory of the same workers, counted as their nodes offer it: 7.5 % less than EC2 names.',
    ).optional(),
    usdPerHour: limit(
      2,
      'USD',
      'Cost an hour of the same workers at the list prices of `src/cost/prices.ts`, with volume and address.',
    ),
    usdPerMonth: limit(500, 'USD', 'The same for a month of 730 hours, as if all of them stayed.'),
  }),
  server: group('The K3s server; tainted, so that it takes no user pods.', {
    instanceType: z
      .string()
      .meta({ description: 'Instance type, at least 2 vCPU and 2 GiB; 4 GiB with the monitoring that is installed.' })
      .default('t3.medium'),
    dataVolumeGib: whole(
      20,
      8,
      16_384,
      'GiB',
      'Volume that outlives the server: K3s data and Prometheus data. It only grows; within minutes the server makes its file system as large.',
    ),
    apiCidrs: z
      .array(z.string())
      .meta({
        description: 'Networks outside, IPv4 or IPv6, that may reach the Kubernetes API on port 6443. None by default.',
        type: 'list of CIDRs',
        examples: [['203.0.113.7/32']],
      })
      .default([]),
  }),
  baseWorkers: group('Workers that Terraform makes and the autoscaler never removes.', {
    count: whole(1, 0, 100, 'workers', 'How many, over the zones in turn.'),
    instanceType: z.string().meta({ description: 'Instance type.' }).default('t3.medium'),
  }),
  pools: z.record(z.string(), pool).meta({
    description: 'Pools by name. `burst` is always there with its defaults; `max: 0` switches it off.',
    type: 'map of pools',
  }),
  policy,
});

/** Every setting, with its default where none was given; durations as they were written. */
export type ResolvedConfig = z.output<typeof configSchema>;
export type ResolvedPool = ResolvedConfig['pools'][string];
