import type { Market, RuntimeConfig, RuntimePool } from '../../config/runtime';
import type { Snapshot } from '../snapshot';
import type { ClusterState, LaunchOperation } from '../state';

/** One way to get an instance of a pool. */
export interface Offering {
  market: Market;
  type: string;
  zone: string;
}

export const offeringKey = (pool: string, { market, type, zone }: Offering): string =>
  `${pool}/${market}/${type}/${zone}`;

/** What the order of a pool's offerings depends on. */
type Setting = Pick<RuntimeConfig, 'zones' | 'instanceTypes'> & { policy: Pick<RuntimeConfig['policy'], 'placement'> };

/**
 * Every offering of a pool that did not fail lately, best first: market before type, types by price (as configured where
 * that is the setting, or where they cost the same), and the zones with the fewest workers of the pool first, so that one
 * zone's failure costs little.
 */
export function openOfferings(
  pool: RuntimePool,
  config: Setting,
  memory: ClusterState['offerings'],
  at: number,
  workersByZone: ReadonlyMap<string, number> = new Map(),
): Offering[] {
  return offeringsOf(pool, config, zonesByLoad(config.zones, workersByZone)).filter(
    (offering) => (memory[offeringKey(pool.name, offering)]?.until ?? 0) <= at,
  );
}

/**
 * What may be asked for, the planned type and zone first. For a way back to spot nothing else will do, and pods that
 * fit only some types or zones get no others.
 */
export function offeringsFor(
  { reason, types, zones }: Pick<LaunchOperation, 'reason' | 'types' | 'zones'>,
  pool: RuntimePool,
  config: RuntimeConfig,
  { at, state }: Pick<Snapshot, 'at' | 'state'>,
  load?: ReadonlyMap<string, number>,
): Offering[] {
  const open = openOfferings(pool, config, state.offerings, at, load)
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

/** The least loaded first; of equals as configured. */
export const zonesByLoad = (zones: readonly string[], load: ReadonlyMap<string, number>): string[] =>
  [...zones].sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0) || zones.indexOf(a) - zones.indexOf(b));

function offeringsOf({ markets, instanceTypes }: RuntimePool, config: Setting, zones: readonly string[]): Offering[] {
  return markets.flatMap((market) => {
    const price = (type: string) => config.instanceTypes[type]?.usdPerHour[market] ?? Number.POSITIVE_INFINITY;
    const types =
      config.policy.placement === 'lowest-cost'
        ? [...instanceTypes].sort((a, b) => cheaper(price(a), price(b)))
        : instanceTypes;
    return types.flatMap((type) => zones.map((zone) => ({ market, type, zone })));
  });
}

const cheaper = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** An offering that did not fail for this long after its pause begins anew; what is older is dropped. */
const FORGOTTEN_AFTER_MS = 3 * 3600_000;

/** Without what is too old to mean anything, so that the memory of one bad day neither punishes the next nor stays. */
export const withoutOld = (memory: ClusterState['offerings'], at: number): ClusterState['offerings'] =>
  Object.fromEntries(Object.entries(memory).filter(([, { until }]) => at - until < FORGOTTEN_AFTER_MS));

/**
 * What EC2 refused by this code, of what the pool could ask for instead: the offerings that the same answer awaits. A
 * quota of vCPUs is one for all types of a class in a market, in every zone; a subnet without addresses is one for
 * every type. Other pools find out for themselves: one pool is never punished for another.
 */
export function refusedTogether(pool: RuntimePool, config: Setting, refused: Offering, code: string): Offering[] {
  const shared = sharedBy(code);
  return offeringsOf(pool, config, config.zones).filter((offering) => shared(offering, refused));
}

type Shared = (a: Offering, b: Offering) => boolean;

function sharedBy(code: string): Shared {
  if (CLASS_QUOTAS.has(code)) return (a, b) => a.market === b.market && quotaClass(a.type) === quotaClass(b.type);
  if (ACCOUNT_QUOTAS.has(code)) return () => true;
  if (code === 'InsufficientFreeAddressesInSubnet') return (a, b) => a.zone === b.zone;
  return (a, b) => a.market === b.market && a.type === b.type && a.zone === b.zone;
}

/** EC2's codes for a quota of the account: of a market and a class of types, and of all that is launched. */
const CLASS_QUOTAS: ReadonlySet<string> = new Set([
  'VcpuLimitExceeded',
  'InstanceLimitExceeded',
  'MaxSpotInstanceCountExceeded',
]);
const ACCOUNT_QUOTAS: ReadonlySet<string> = new Set([
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
  'NetworkInterfaceLimitExceeded',
]);

/** Waiting does not lift a quota and asking again does not either: a person has to. `reason` may go on after the code. */
export const isQuota = (reason: string): boolean => {
  const code = reason.split(':')[0] ?? '';
  return CLASS_QUOTAS.has(code) || ACCOUNT_QUOTAS.has(code);
};

/** AWS counts the vCPUs of most families together ("Standard") and those of the special ones apart. */
function quotaClass(type: string): string {
  const family = /^[a-z]+/.exec(type)?.[0] ?? '';
  if (STANDARD.has(family)) return 'standard';
  return GRAPHICS.has(family) ? 'g' : family;
}

const STANDARD: ReadonlySet<string> = new Set(['a', 'c', 'd', 'h', 'i', 'im', 'is', 'm', 'r', 't', 'z']);
const GRAPHICS: ReadonlySet<string> = new Set(['g', 'gr', 'vt']);
