import { HOURS_A_MONTH } from '../config/runtime';
import { whyFree } from './free';
import {
  alarmParts,
  functionParts,
  logParts,
  monthlyRuns,
  scheduleParts,
  type Ticking,
  tableParts,
} from './function-costs';
import { ebsVolumeParts, instanceParts, type Part } from './instance-costs';
import type { PricedResource } from './priced-resource';
import { PRICED_REGION, PRICES } from './prices';
import { QUIET_TICK, type Usage } from './usage';

export type { PricedResource } from './priced-resource';

/** What resources cost while nothing happens: list prices in US dollars, a month of 730 hours. */
export interface MonthlyCost {
  /** The sum of the lines. */
  usd: number;
  /** What is free on purpose is a line of 0, and says why. */
  lines: { address: string; what: string; usd: number }[];
  /** What costs something that is not known here, `<address>: <what>`; in no sum. */
  unpriced: string[];
}

/**
 * Adds up what stands. What is paid by use is counted for a cluster that only ticks.
 *
 * @param resources all of one stack: an instance's volume and address are found in its template and subnet
 * @param region the price table's own is us-east-1; in another region all that is not free is unpriced
 * @param usage of a tick
 */
export function monthlyUsd(
  resources: readonly PricedResource[],
  region: string,
  usage: Usage = QUIET_TICK,
): MonthlyCost {
  const schedules = resources.filter(({ type }) => type === 'aws_scheduler_schedule').map(monthlyRuns);
  const known = schedules.filter((runs) => runs !== undefined);
  const ticking: Ticking = {
    ticks:
      known.length === 0 || known.length < schedules.length ? undefined : known.reduce((sum, runs) => sum + runs, 0),
    usage,
  };
  const cost: MonthlyCost = { usd: 0, lines: [], unpriced: [] };
  for (const resource of resources) {
    const { address } = resource;
    for (const { what, usd } of partsOf(resource, resources, ticking)) {
      if (usd === undefined || (usd !== 0 && region !== PRICED_REGION)) {
        cost.unpriced.push(`${address}: ${what}${usd === undefined ? '' : `, no price for ${region}`}`);
      } else {
        cost.lines.push({ address, what, usd });
        cost.usd += usd;
      }
    }
  }
  return cost;
}

function partsOf(resource: PricedResource, all: readonly PricedResource[], ticking: Ticking): Part[] {
  const free = whyFree(resource);
  if (free !== undefined) return [{ what: free, usd: 0 }];
  switch (resource.type) {
    case 'aws_instance':
      return instanceParts(resource, all);
    case 'aws_ebs_volume':
      return ebsVolumeParts(resource);
    case 'aws_lambda_function':
      return functionParts(resource, ticking);
    case 'aws_cloudwatch_log_group':
      return logParts(resource, ticking);
    case 'aws_scheduler_schedule':
      return scheduleParts(resource);
    case 'aws_dynamodb_table':
      return tableParts(resource, ticking);
    case 'aws_cloudwatch_metric_alarm':
      return alarmParts(resource, all);
    case 'aws_s3_bucket':
      return bucketParts();
    case 'aws_vpc_endpoint':
      return endpointParts(resource);
    default:
      return [{ what: `${resource.type} is not in the price table`, usd: undefined }];
  }
}

/** The server asks every five minutes whether its files changed (`userdata/k3s-autoscaler-sync.timer`). */
const LOOKS_A_MONTH = HOURS_A_MONTH * 12;
/** All node files together, with the versions that are kept, are less. */
const BUCKET_GB = 0.001;

const bucketParts = (): Part[] => [
  { what: 'node files, less than a MB', usd: BUCKET_GB * PRICES.s3GbMonth.usd },
  { what: `${LOOKS_A_MONTH} looks of the server for changed files`, usd: LOOKS_A_MONTH * PRICES.s3Get.usd },
];

function endpointParts({ values }: PricedResource): Part[] {
  const zones = Array.isArray(values.subnet_ids) ? values.subnet_ids.length : undefined;
  return [
    {
      what: `interface endpoint in ${zones ?? 'an unknown number of'} zones`,
      usd: zones && zones * PRICES.interfaceEndpointHour.usd * HOURS_A_MONTH,
    },
  ];
}
