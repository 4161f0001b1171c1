import { calendar } from './calendar-rules';
import { durationMs } from './durations';
import type { FieldKey, Violation } from './errors';
import { type Found, named, twice, violation } from './found';
import { INSTANCE_TYPES } from './instance-types';
import { limits } from './limit-rules';
import { nearest } from './nearest';
import { isNetwork } from './network';
import { network, region } from './network-rules';
import { LEASE_MARGIN_MS } from './runtime';
import { LABEL_NAME, type ResolvedConfig, type ResolvedPool } from './schema';

/** What must hold between fields, checked once each field is right by itself. */

function timing({ schedule, function: lambda }: ResolvedConfig): Found {
  const everyMs = durationMs(schedule.every);
  const timeoutMs = durationMs(lambda.timeout);
  const found: Found = [];
  if (everyMs % 60_000 !== 0) {
    const minutes = Math.ceil(everyMs / 60_000);
    found.push(
      violation(
        ['schedule', 'every'],
        schedule.every,
        'must be whole minutes: EventBridge Scheduler knows nothing shorter',
        `write '${minutes}m'`,
      ),
    );
  }
  if (timeoutMs > 900_000) {
    found.push(violation(['function', 'timeout'], lambda.timeout, 'Lambda allows at most 15 minutes', "write '60s'"));
  }
  if (timeoutMs + LEASE_MARGIN_MS > everyMs) {
    const most = (everyMs - LEASE_MARGIN_MS) / 1000;
    found.push(
      violation(
        ['function', 'timeout'],
        lambda.timeout,
        `the lease (timeout + 30 s) must not be longer than schedule.every ('${schedule.every}'), or a dead holder blocks the next tick`,
        `write '${most}s' or less, or raise schedule.every`,
      ),
    );
  }
  return found;
}

function instanceType(keys: FieldKey[], name: string): Found {
  if (INSTANCE_TYPES.has(name)) return [];
  const guess = nearest(name, [...INSTANCE_TYPES.keys()]);
  return [
    violation(
      keys,
      name,
      'must be an instance type that src/config/instance-types.ts lists',
      guess === undefined ? "write for example 't3.medium'" : `did you mean '${guess}'?`,
    ),
  ];
}

function serverType(name: string): Found {
  const keys = ['server', 'instanceType'];
  const type = INSTANCE_TYPES.get(name);
  if (type === undefined) return instanceType(keys, name);
  // https://docs.k3s.io/installation/requirements: a server wants 2 cores and 2 GB.
  if (type.vcpu >= 2 && type.memoryMib >= 2048) return [];
  return [violation(keys, name, 'a K3s server needs at least 2 vCPU and 2 GiB', "write 't3.medium'")];
}

function server({ server }: ResolvedConfig): Found {
  const wrong = server.apiCidrs.flatMap((cidr, index) =>
    isNetwork(cidr)
      ? []
      : [
          violation(
            ['server', 'apiCidrs', index],
            cidr,
            'must be an IPv4 or IPv6 network in CIDR notation, no host bits set',
            "write for example '203.0.113.7/32'",
          ),
        ],
  );
  return [...serverType(server.instanceType), ...wrong, ...twice(['server', 'apiCidrs'], server.apiCidrs, 'network')];
}

/** Roles have launch templates and names of their own, which a pool's would collide with. */
const RESERVED_POOL_NAMES = ['server', 'base'];

/** Labels that the project, the kubelet or the API server sets; nobody else's value would last, or the node not join. */
function labelViolation(keys: FieldKey[], key: string, value: string): Found {
  const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  const reserved = ['kubernetes.io', 'k8s.io', 'k3s-autoscaler', 'k3s.io', 'cattle.io'];
  const owner = reserved.find((domain) => prefix === domain || prefix.endsWith(`.${domain}`));
  if (owner !== undefined) {
    return [
      violation(
        keys,
        value,
        `labels under ${owner}/ are set by Kubernetes, K3s or this project; a kubelet that sets them itself cannot join`,
        `use a prefix of your own, like 'example.com/${key.slice(prefix.length + 1)}'`,
      ),
    ];
  }
  if (LABEL_NAME.test(key)) return [];
  return [violation(keys, value, 'the key must be a label key of Kubernetes', "write for example 'example.com/team'")];
}

function pool(name: string, pool: ResolvedPool, maxNodes: number): Found {
  const at = (...keys: FieldKey[]): FieldKey[] => ['pools', name, ...keys];
  const found: Found = [];
  if (!/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name) || RESERVED_POOL_NAMES.includes(name)) {
    const rule = 'a pool name is 1 to 30 of a-z, 0-9 and -, starts with a letter, and is not server or base';
    found.push(violation(at(), name, rule, "write for example 'burst'"));
  }
  if (pool.min > pool.max) {
    found.push(
      violation(at('min'), pool.min, `must not exceed max (${pool.max})`, `lower min or raise max to ${pool.min}`),
    );
  }
  if (pool.min > maxNodes) {
    found.push(violation(at('min'), pool.min, `must not exceed limits.maxNodes (${maxNodes})`, 'lower min'));
  }
  found.push(...pool.instanceTypes.flatMap((type, index) => instanceType(at('instanceTypes', index), type)));
  found.push(...twice(at('instanceTypes'), pool.instanceTypes, 'type'));
  const arches = new Set(pool.instanceTypes.flatMap((type) => INSTANCE_TYPES.get(type)?.arch ?? []));
  if (arches.size > 1) {
    const rule = 'all types of a pool must have one architecture, since one machine image serves them';
    found.push(violation(at('instanceTypes'), pool.instanceTypes, rule, 'make one pool for amd64 and one for arm64'));
  }
  for (const [key, value] of Object.entries(pool.labels)) found.push(...labelViolation(at('labels', key), key, value));
  return found;
}

const HOUR_MS = 3_600_000;
/** After so many ticks in a row without a good one, or with a fault that the next tick should have put right, somebody should look. */
export const ALARM_TICKS = 3;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, `Period`. */
function alarms({ alarms, schedule }: ResolvedConfig): Found {
  const everyMs = durationMs(schedule.every);
  const days = everyMs < HOUR_MS ? 1 : 7;
  const most = Math.floor((days * 24 * HOUR_MS) / everyMs);
  const found = twice(['alarms', 'emails'], alarms.emails, 'address');
  if (!alarms.enabled) {
    if (alarms.emails.length === 0) return found;
    const rule = 'nobody is told anything while alarms.enabled is false';
    return [...found, violation(['alarms', 'emails'], alarms.emails, rule, 'set alarms.enabled, or leave them out')];
  }
  if (most < ALARM_TICKS) {
    const rule = `with alarms, ${ALARM_TICKS} intervals must fit the 7 days that an alarm looks back`;
    return [...found, violation(['schedule', 'every'], schedule.every, rule, "write '56h' or less")];
  }
  if (alarms.unknownTicks <= most) return found;
  return [
    ...found,
    violation(
      ['alarms', 'unknownTicks'],
      alarms.unknownTicks,
      `an alarm looks back ${days === 1 ? 'one day' : '7 days'} at most, which is ${most} intervals of schedule.every ('${schedule.every}')`,
      `write ${most} or less`,
    ),
  ];
}

function policy({ policy: { cpu, offeringBackoff, signals } }: ResolvedConfig): Found {
  const found: Found = [];
  if (cpu.down >= cpu.up) {
    const rule = `must be below policy.cpu.up (${cpu.up}), or workers come and go for ever`;
    found.push(violation(['policy', 'cpu', 'down'], cpu.down, rule, `write ${Math.max(0, cpu.up - 40)}`));
  }
  if (durationMs(offeringBackoff.first) > durationMs(offeringBackoff.max)) {
    found.push(
      violation(
        ['policy', 'offeringBackoff', 'first'],
        offeringBackoff.first,
        `must not be longer than policy.offeringBackoff.max ('${offeringBackoff.max}')`,
        `write '${offeringBackoff.max}' or less`,
      ),
    );
  }
  for (const [index, { above, below }] of signals.entries()) {
    if (below === undefined || below < above) continue;
    const rule = `must be below its own above (${above}), or workers come and go for ever`;
    found.push(violation(['policy', 'signals', index, 'below'], below, rule, 'lower below, or raise above'));
  }
  return [...found, ...named(['policy', 'signals'], signals, 'signal')];
}

export function contradictions(config: ResolvedConfig): Violation[] {
  return [
    ...timing(config),
    ...network(config),
    ...region(config),
    ...server(config),
    ...instanceType(['baseWorkers', 'instanceType'], config.baseWorkers.instanceType),
    ...Object.entries(config.pools).flatMap(([name, each]) => pool(name, each, config.limits.maxNodes)),
    ...policy(config),
    ...calendar(config),
    ...limits(config),
    ...alarms(config),
  ];
}
