import { createHash } from 'node:crypto';
import type { RuntimeConfig, RuntimePool, RuntimeResources } from '../../config/runtime';
import { TAG } from '../names';
import type { LaunchIntent } from '../plan';
import { remember } from '../planning/backoff';
import { workersByZone } from '../planning/fleet-view';
import { isQuota, type Offering, offeringKey, openOfferings, refusedTogether } from '../planning/offerings';
import type { Snapshot } from '../snapshot';
import type { ClusterState, LaunchOperation, LaunchRequest } from '../state';

/** Steps of a launch, as data: no I/O here. */

/** At most 64 characters of ASCII (EC2's limit); same operation and attempt, same token, same instances. */
export const clientToken = (operation: Pick<LaunchOperation, 'id' | 'attempt'>): string =>
  createHash('sha256').update(`${operation.id}/${operation.attempt}`).digest('hex');

/** Freezes the first request; undefined where every offering failed lately. */
export function beginLaunch(
  intent: LaunchIntent,
  id: string,
  snapshot: Snapshot,
  config: RuntimeConfig,
  resources: RuntimeResources,
): LaunchOperation | undefined {
  const pool = config.pools.find((candidate) => candidate.name === intent.pool);
  const offering =
    pool && offerings(intent, pool, config, snapshot.state, snapshot.at, workersByZone(pool, snapshot))[0];
  if (!pool || !offering) return undefined;
  return {
    kind: 'launch',
    id,
    pool: pool.name,
    reason: intent.reason,
    phase: 'requested',
    createdAt: snapshot.at,
    deadline: snapshot.at + config.policy.joinDeadlineMs,
    count: intent.count,
    pods: intent.pods,
    ...(intent.types && { types: intent.types }),
    ...(intent.zones && { zones: intent.zones }),
    request: freeze(id, pool, offering, intent.count, config, resources),
    attempt: 1,
    instances: [],
  };
}

/** The next offering under the next attempt, after a definite refusal; undefined where none is left. */
export function nextAttempt(
  operation: LaunchOperation,
  state: ClusterState,
  at: number,
  config: RuntimeConfig,
  resources: RuntimeResources,
): LaunchOperation | undefined {
  const pool = config.pools.find((candidate) => candidate.name === operation.pool);
  const offering = pool && offerings(operation, pool, config, state, at)[0];
  if (!pool || !offering) return undefined;
  const request = freeze(operation.id, pool, offering, operation.count, config, resources);
  return { ...operation, request, attempt: operation.attempt + 1 };
}

/**
 * What may be asked for, the planned type and zone first. For a way back to spot nothing else will do, and pods that
 * fit only some types or zones get no others.
 */
function offerings(
  { reason, types, zones }: Pick<LaunchOperation, 'reason' | 'types' | 'zones'>,
  pool: RuntimePool,
  config: RuntimeConfig,
  { offerings: memory }: Pick<ClusterState, 'offerings'>,
  at: number,
  load?: ReadonlyMap<string, number>,
): Offering[] {
  const open = openOfferings(pool, config, memory, at, load)
    .filter(({ market }) => reason !== 'back-to-spot' || market === 'spot')
    .filter(({ type, zone }) => (types?.includes(type) ?? true) && (zones?.includes(zone) ?? true));
  const place = ({ market, type, zone }: Offering) => [
    pool.markets.indexOf(market),
    types?.indexOf(type) ?? 0,
    zones?.indexOf(zone) ?? 0,
  ];
  return open.sort((a, b) => compared(place(a), place(b)));
}

/** By the first number that differs. */
const compared = (a: number[], b: number[]): number =>
  a.map((number, i) => number - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;

/** A launch that took effect starts both cool-downs. */
export const launchEffects = (
  at: number,
  { policy }: RuntimeConfig,
): Pick<ClusterState, 'lastScaleTime' | 'cooldownUntil'> => ({
  lastScaleTime: at,
  cooldownUntil: { up: at + policy.cooldown.upMs, down: at + policy.cooldown.downMs },
});

export const offeringOf = ({ pool, request }: LaunchOperation): string => offeringKey(pool, asOffering(request));

const asOffering = ({ market, instanceType: type, zone }: LaunchRequest): Offering => ({ market, type, zone });

/** What a refusal teaches of the pool's offerings. A quota is waited for as long as is ever waited, from the first time on. */
export function afterRefusal(
  memory: ClusterState['offerings'],
  operation: LaunchOperation,
  { code, failure }: { code: string; failure: string },
  at: number,
  config: RuntimeConfig,
): ClusterState['offerings'] {
  const pool = config.pools.find((candidate) => candidate.name === operation.pool);
  const refused = asOffering(operation.request);
  const { firstMs, maxMs } = config.policy.offeringBackoff;
  const backoff = { firstMs: isQuota(code) ? maxMs : firstMs, maxMs };
  const keys = (pool ? refusedTogether(pool, config, refused, code) : [refused]).map((each) =>
    offeringKey(operation.pool, each),
  );
  return keys.reduce((next, key) => remember(next, key, failure, at, backoff), memory);
}

function freeze(
  id: string,
  pool: RuntimePool,
  { market, type, zone }: Offering,
  count: number,
  config: RuntimeConfig,
  resources: RuntimeResources,
): LaunchRequest {
  const template = resources.launchTemplates[pool.name];
  const subnet = resources.subnets[zone];
  if (!template) throw new Error(missing('launchTemplates', pool.name));
  if (!subnet) throw new Error(missing('subnets', zone));
  return {
    templateId: template.id,
    templateVersion: template.version,
    instanceType: type,
    market,
    zone,
    subnet,
    count,
    tags: {
      Name: `${config.cluster}-${pool.name}`,
      [TAG.cluster]: config.cluster,
      [TAG.pool]: pool.name,
      [TAG.operation]: id,
      [TAG.role]: 'worker',
    },
  };
}

const missing = (field: string, key: string): string =>
  `AUTOSCALER_RESOURCES has no ${field}['${key}'], which the configuration names; deploy the stack again, so that both are of one synth`;
