import { parseBytes } from '../adapters/quantities';
import { type Found, violation } from './found';
import { INSTANCE_TYPES, typeCapacity } from './instance-types';
import { everything, type Moment, moments, standing } from './moments';
import { HOURS_A_MONTH } from './runtime';
import { marketsOf, type ResolvedConfig } from './schema';

/**
 * The base workers and the minima that hold at once must fit every limit, each pool with the least that a worker of it
 * can be: what cannot fit in any way contradicts itself, and would leave pools below their minimum for ever.
 */

type Limit = keyof ResolvedConfig['limits'];

/** The least that one worker is, by what limits count; nothing for a type that is not shipped, which is told elsewhere. */
type Least = Record<Limit, number>;

function leastOf(types: readonly string[], markets: readonly ('on-demand' | 'spot')[]): Least {
  const shipped = types.filter((type) => INSTANCE_TYPES.has(type)).flatMap((type) => typeCapacity(type) ?? []);
  const least = (values: number[]): number => (values.length === 0 ? 0 : Math.min(...values));
  const usdPerHour = least(shipped.flatMap(({ usdPerHour }) => markets.map((market) => usdPerHour[market])));
  return {
    maxNodes: 1,
    cores: least(shipped.map(({ cpuMilli }) => cpuMilli / 1000)),
    memory: least(shipped.map(({ memoryBytes }) => memoryBytes)),
    usdPerHour,
    usdPerMonth: usdPerHour * HOURS_A_MONTH,
  };
}

interface Need {
  base: number;
  minima: number;
}

function needOf({ baseWorkers, pools }: ResolvedConfig, limit: Limit, { min }: Moment): Need {
  const workers = Object.entries(pools).map(
    ([name, pool]) => (min[name] ?? 0) * leastOf(pool.instanceTypes, marketsOf(pool.market))[limit],
  );
  return {
    base: baseWorkers.count * leastOf([baseWorkers.instanceType], ['on-demand'])[limit],
    minima: workers.reduce((sum, each) => sum + each, 0),
  };
}

const GIB = 1024 ** 3;
/** Never less than what is needed: the fix must fit. */
const upTo = (value: number, digits: number): number => Math.ceil(value * 10 ** digits - 1e-6) / 10 ** digits;

const WRITTEN: Record<Limit, (value: number) => string> = {
  maxNodes: String,
  cores: String,
  memory: (bytes) => `${upTo(bytes / GIB, 1)}Gi`,
  usdPerHour: (usd) => String(upTo(usd, 3)),
  usdPerMonth: (usd) => String(upTo(usd, 2)),
};

const LIMITS = Object.keys(WRITTEN) as Limit[];

function allowed({ limits }: ResolvedConfig, limit: Limit): number {
  if (limit === 'memory') return limits.memory === undefined ? Number.POSITIVE_INFINITY : parseBytes(limits.memory);
  return limits[limit] ?? Number.POSITIVE_INFINITY;
}

const exceeds = (config: ResolvedConfig, limit: Limit, moment: Moment): boolean => {
  const { base, minima } = needOf(config, limit, moment);
  return base + minima > allowed(config, limit);
};

function tooLow(config: ResolvedConfig, limit: Limit, moment: Moment): Found {
  const { base, minima } = needOf(config, limit, moment);
  const write = WRITTEN[limit];
  const when = moment.windows.length === 0 ? '' : ` while ${moment.windows.join(' and ')} of policy.calendar hold`;
  const rule = `must hold the base workers (${write(base)}) and the minima of all pools (${write(minima)})${when}`;
  const least = limit === 'memory' ? `'${write(base + minima)}'` : write(base + minima);
  return [violation(['limits', limit], config.limits[limit], rule, `write ${least} or more, or lower the minima`)];
}

export function limits(config: ResolvedConfig): Found {
  const [always, atMost] = [standing(config), everything(config)];
  // Most calendars fit even if all of their windows held at once, and then nothing has to be played.
  let played: Moment[] | undefined;
  return LIMITS.flatMap((limit) => {
    if (exceeds(config, limit, always)) return tooLow(config, limit, always);
    if (!exceeds(config, limit, atMost)) return [];
    played ??= moments(config);
    const total = (moment: Moment): number => needOf(config, limit, moment).minima;
    const worst = played
      .filter((moment) => exceeds(config, limit, moment))
      .reduce<Moment | undefined>((most, each) => (most && total(most) >= total(each) ? most : each), undefined);
    return worst === undefined ? [] : tooLow(config, limit, worst);
  });
}
