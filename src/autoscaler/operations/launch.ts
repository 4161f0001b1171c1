import { createHash } from 'node:crypto';
import type { RuntimeConfig, RuntimePool, RuntimeResources } from '../../config/runtime';
import { TAG } from '../names';
import type { LaunchIntent } from '../plan';
import { remember } from '../planning/backoff';
import { workersByZone } from '../planning/fleet-view';
import { isQuota, type Offering, offeringKey, offeringsFor, refusedTogether } from '../planning/offerings';
import { Spending } from '../planning/spending';
import type { Snapshot } from '../snapshot';
import type { ClusterState, LaunchOperation, LaunchRequest } from '../state';

/** Steps of a launch, as data: no I/O here. */

/** At most 64 characters of ASCII (EC2's limit); same operation and attempt, same token, same instances. */
export const clientToken = (operation: Pick<LaunchOperation, 'id' | 'attempt'>): string =>
  createHash('sha256').update(`${operation.id}/${operation.attempt}`).digest('hex');

/**
 * Freezes the first request; undefined where every offering failed lately or would break a limit.
 *
 * @param spending with what was begun before in the same tick
 */
export function beginLaunch(
  intent: LaunchIntent,
  id: string,
  snapshot: Snapshot,
  config: RuntimeConfig,
  resources: RuntimeResources,
  spending = new Spending(snapshot, config),
): LaunchOperation | undefined {
  const pool = config.pools.find((candidate) => candidate.name === intent.pool);
  const open = pool ? offeringsFor(intent, pool, config, snapshot, workersByZone(pool, snapshot)) : [];
  const offering = open.find(({ type, market }) => !spending.refusal(type, market, intent.count));
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

/** Where there is none, `limit` says which one keeps it from what could be asked for. */
export interface Next {
  operation?: LaunchOperation;
  limit?: string;
}

/**
 * The next offering under the next attempt, after a definite refusal. The plan asked the limits for what was planned
 * alone, and a larger type or a dearer market may break them: what is asked for instead has to fit beside all that counts.
 */
export function nextAttempt(
  operation: LaunchOperation,
  snapshot: Pick<Snapshot, 'at' | 'instances' | 'state'>,
  config: RuntimeConfig,
  resources: RuntimeResources,
): Next {
  const pool = config.pools.find((candidate) => candidate.name === operation.pool);
  if (!pool) return {};
  const spending = besides(operation, snapshot, config);
  const open = offeringsFor(operation, pool, config, snapshot);
  const broken = ({ type, market }: Offering) => spending.refusal(type, market, operation.count);
  const offering = open.find((each) => !broken(each));
  if (offering) {
    const request = freeze(operation.id, pool, offering, operation.count, config, resources);
    return { operation: { ...operation, request, attempt: operation.attempt + 1 } };
  }
  const limit = open.map(broken)[0];
  return limit ? { limit: spending.inWords(limit) } : {};
}

/** What all others take: of what was refused there is nothing. */
function besides(
  { id }: LaunchOperation,
  { instances, state }: Pick<Snapshot, 'instances' | 'state'>,
  config: RuntimeConfig,
): Spending {
  const operations = state.operations.filter((other) => other.id !== id);
  return new Spending({ instances, state: { ...state, operations } }, config);
}

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
