import { HOURS_A_MONTH } from '../config/runtime';
import { dollarsPerHour } from './compute-prices';

/**
 * The reference design that this project's exercise comes with promises that autoscaling saves 60 to 80 %: three
 * t2.medium before, two t2.small and bursts afterwards. Here it is reckoned with one price model on both sides, disks
 * and addresses included.
 */
export interface Claim {
  beforeUsd: number;
  after: { burstHoursADay: number; usd: number; percent: number }[];
}

const DAYS_A_MONTH = HOURS_A_MONTH / 24;
const hourly = (type: string): number => dollarsPerHour(type, 'on-demand') ?? Number.NaN;

/** @param bursts node hours a day of a t3.medium */
export function claimAtEqualPrices(bursts: readonly number[] = [0, 4, 12, 24]): Claim {
  const beforeUsd = 3 * hourly('t2.medium') * HOURS_A_MONTH;
  const standing = 2 * hourly('t2.small') * HOURS_A_MONTH;
  return {
    beforeUsd,
    after: bursts.map((burstHoursADay) => {
      const usd = standing + burstHoursADay * DAYS_A_MONTH * hourly('t3.medium');
      return { burstHoursADay, usd, percent: 100 * (1 - usd / beforeUsd) };
    }),
  };
}
