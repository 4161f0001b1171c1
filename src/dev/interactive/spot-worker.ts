import { TAG } from '../../autoscaler/names';
import type { InstanceRecord, WorldModel } from '../../world/contract';
import { nodeNameOf } from '../../world/counts';
import type { Refusal } from '../web/refusal';

/** EC2 warns spot instances alone; a scenario's own interruptions are asked for by its author, whatever the market. */
export function oldestSpotWorker({ ec2, kubernetes }: WorldModel): InstanceRecord | Refusal {
  const joined = new Set(kubernetes.list('nodes').items.map(({ metadata }) => metadata.name));
  const workers = ec2
    .all()
    .filter((one) => one.tags[TAG.role] === 'worker' && one.state === 'running' && joined.has(nodeNameOf(one)));
  return workers.find(({ market }) => market === 'spot') ?? noneAmong(workers.length);
}

const noneAmong = (workers: number): Refusal => ({
  what: 'EC2 takes no worker.',
  where: 'spot workers in the cluster',
  value: `none, and ${workers} on demand`,
  rule: 'EC2 warns spot instances alone',
  fix: "play the scenario spot, or another with a pool of market: 'spot', and wait until a worker of it has joined",
});
