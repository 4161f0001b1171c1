import type { MonthlyCost } from './plan-costs';

/** What the lines of a stack are for. */
export interface Share {
  name: 'server' | 'base workers' | 'autoscaler';
  usd: number;
}

const nameOf = (address: string): Share['name'] => {
  if (address.startsWith('aws_instance.base-')) return 'base workers';
  // The bucket's node files are what server and workers boot from.
  return /^aws_(instance|ebs_volume|s3_bucket)\./.test(address) ? 'server' : 'autoscaler';
};

/** The server with its data, the base workers, and what is there for the autoscaler: they add up to the whole. */
export function sharesOf({ lines }: MonthlyCost): Share[] {
  const names: Share['name'][] = ['server', 'base workers', 'autoscaler'];
  return names.map((name) => ({
    name,
    usd: lines.filter(({ address }) => nameOf(address) === name).reduce((sum, { usd }) => sum + usd, 0),
  }));
}
