import { INSTANCE_TYPES } from '../../config/instance-types';
import type { Market } from '../../config/runtime';
import { marketsOf, type ResolvedConfig } from '../../config/schema';

/**
 * EC2 has a quota of vCPUs for each market and class of types, for all instances of the account in a region. Codes and
 * names as Service Quotas has them; AWS CLI's user guide shows the first (`get-aws-default-service-quota`).
 */
export interface VcpuQuota {
  code: string;
  name: string;
  market: Market;
  /** First letters of the families that count, `m` of `m6i.large`. */
  letters: string;
}

const STANDARD = 'acdhimrtz';
const GRAPHICS = 'gv';

export const VCPU_QUOTAS: readonly VcpuQuota[] = [
  {
    code: 'L-1216C47A',
    name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    market: 'on-demand',
    letters: STANDARD,
  },
  {
    code: 'L-34B43A08',
    name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
    market: 'spot',
    letters: STANDARD,
  },
  { code: 'L-DB2E81BA', name: 'Running On-Demand G and VT instances', market: 'on-demand', letters: GRAPHICS },
  { code: 'L-3819A6DF', name: 'All G and VT Spot Instance Requests', market: 'spot', letters: GRAPHICS },
];

/** vCPUs of a configuration that count against a quota. */
export interface Reach {
  /** Without these there is no cluster: the server, the base workers, and the minima of the pools. */
  least: number;
  /** With all the workers that pools and limits allow. */
  most: number;
}

export function reachOf({ server, baseWorkers, pools, limits }: ResolvedConfig, quota: VcpuQuota): Reach {
  const counted = (type: string): number => (quota.letters.includes(type[0] ?? '') ? vcpusOf(type) : 0);
  const standing = quota.market === 'on-demand' ? 1 : 0;
  const base = standing * baseWorkers.count * counted(baseWorkers.instanceType);
  const fixed = standing * counted(server.instanceType) + base;
  const bought = Object.values(pools).filter(({ market }) => marketsOf(market).includes(quota.market));
  const minima = bought
    // A pool that has another market may find its minimum there.
    .filter(({ market }) => marketsOf(market).length === 1)
    .map(({ min, instanceTypes }) => min * Math.min(...instanceTypes.map(counted)));
  const room = limits.maxNodes - baseWorkers.count;
  const largest = bought.map(({ max, instanceTypes }) => ({ max, vcpus: Math.max(...instanceTypes.map(counted)) }));
  // Base workers and those of pools share `limits.cores`; the server is not among them.
  const cores = (limits.cores ?? Number.POSITIVE_INFINITY) - baseWorkers.count * vcpusOf(baseWorkers.instanceType);
  return { least: fixed + sum(minima), most: fixed + Math.max(0, Math.min(filled(room, largest), cores)) };
}

/** The most that so many nodes can be: the largest first. */
function filled(room: number, pools: readonly { max: number; vcpus: number }[]): number {
  let left = room;
  let vcpus = 0;
  for (const pool of pools.toSorted((a, b) => b.vcpus - a.vcpus)) {
    const nodes = Math.max(0, Math.min(pool.max, left));
    left -= nodes;
    vcpus += nodes * pool.vcpus;
  }
  return vcpus;
}

const vcpusOf = (type: string): number => INSTANCE_TYPES.get(type)?.vcpu ?? 0;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
