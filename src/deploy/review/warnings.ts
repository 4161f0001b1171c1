import { lossesIn } from '../losses';
import type { ResourceChange } from '../summary';

/** What of a plan hurts: in words for somebody who does not know what the resource is for. */
export interface Warning {
  action: 'replace' | 'destroy';
  /** `The server`. */
  what: string;
  addresses: string[];
  lost: string;
  todo: string;
  /** Whether `deploy` refuses the plan because of it. */
  refused: boolean;
}

interface Weight {
  /** The type of the resources that it is about. */
  type: string;
  /** Of several of one type: how the name of those begins. */
  name?: string;
  what: string;
  lost: string;
  /** The same where nothing is made in its place, if that is more. */
  lostForGood?: string;
  /** Where a deploy does not refuse it: what to do before or after. */
  todo: string;
}

const DRAIN = '`kubectl drain` the node first, and give its pods time to start elsewhere.';

/** What holds data, or the cluster together. The first that fits a resource speaks for it. */
const WEIGHTS: readonly Weight[] = [
  {
    type: 'aws_ebs_volume',
    what: "The server's data volume",
    lost: "the whole cluster: every object in Kubernetes, its secrets and keys, and Prometheus' history. All workers are strangers to the new one.",
    todo: 'Make a snapshot of the volume first.',
  },
  {
    type: 'aws_dynamodb_table',
    name: 'state_history',
    what: "The table of the autoscaler's history",
    lost: 'the record of why each node came and went: `explain` and `replay` find nothing of the time before.',
    todo: 'Export the table first if somebody needs it.',
  },
  {
    type: 'aws_dynamodb_table',
    what: "The table of the autoscaler's state",
    lost: 'open launches and removals, cool-downs, back-offs and a pause: the function forgets what it began, and may launch twice or leave instances running.',
    todo: 'Pause the autoscaler (`npm run pause`), and wait until no operation is open.',
  },
  {
    type: 'aws_instance',
    name: 'server',
    what: 'The server',
    lost: 'the control plane, until the new server has booted: no `kubectl`, no pod is scheduled, nothing is scaled. Pods on workers run on, and what lies on the data volume stays with the volume.',
    lostForGood:
      'the control plane: no `kubectl`, no pod is scheduled, nothing is scaled, and no other server is made.',
    todo: 'Choose an hour for it, and see afterwards that `kubectl get node server-0` is Ready.',
  },
  {
    type: 'aws_instance',
    what: 'A base worker',
    lost: 'the pods on it, without a drain: each is down until it has started on another node, and what it wrote on the node is gone.',
    todo: DRAIN,
  },
  {
    type: 'aws_volume_attachment',
    what: 'The attachment of the data volume',
    lost: "the server's disk, until it is there again: without it no K3s, so no `kubectl`, no scheduling, no scaling. What lies on the volume stays.",
    todo: 'See afterwards that the server runs: Terraform stops the instance before it detaches the volume.',
  },
  {
    type: 'aws_lambda_function',
    what: 'The function',
    lost: 'nothing that is stored; but until it is there again nothing is scaled, and what calls it (schedule, events, URL) has to find it anew.',
    lostForGood: 'the autoscaler: nothing is scaled any more.',
    todo: 'See afterwards that it ticks (`npm run doctor`).',
  },
  {
    type: 'aws_scheduler_schedule',
    what: 'The schedule',
    lost: 'nothing that is stored; but until it is there again the function runs only when an alert or an event calls it.',
    lostForGood: 'the clock of the autoscaler: the function runs only when an alert or an event calls it.',
    todo: 'See afterwards that it ticks (`npm run doctor`).',
  },
  {
    type: 'aws_ssm_parameter',
    what: 'A parameter with a token of the cluster',
    lost: 'the token, until the server writes the next one, up to 12 hours: no worker joins, and the function is blind.',
    todo: 'Restart `k3s-autoscaler-tokens` on the server afterwards.',
  },
  {
    type: 'aws_lambda_invocation',
    what: "The function's last call",
    lost: 'all workers of the pools: the call terminates them, undrained, and retires the cluster.',
    todo: 'Apply it only where the cluster is meant to end.',
  },
  {
    type: 'aws_vpc',
    what: 'The network',
    lost: 'everything in it: server, workers and the function have to be made anew.',
    todo: 'Apply it only where the cluster is meant to end.',
  },
  {
    type: 'aws_subnet',
    what: 'A subnet',
    lost: 'every node in it, also those that Terraform does not know; while they live, AWS refuses, and the deploy stops half-way.',
    todo: 'Apply it only where no instance is in the subnet.',
  },
  {
    type: 'aws_cloudwatch_log_group',
    what: "The function's log",
    lost: 'all that it has written.',
    todo: 'Export it first if somebody needs it.',
  },
  {
    type: 'aws_s3_bucket',
    what: 'The bucket of the node files',
    lost: 'what nodes boot from: until the deploy has filled it again, none can boot.',
    todo: 'Launch nothing meanwhile (`npm run pause`).',
  },
];

/** The type decides. A name is the last part of an address, in whatever module. */
const isOf = ({ type, name }: Weight, resource: Pick<ResourceChange, 'address' | 'type'>): boolean =>
  type === resource.type && (name === undefined || `.${resource.address}`.includes(`.${type}.${name}`));

/** Whether the review has words for what is lost with that type. */
export const isWeighty = (type: string): boolean => WEIGHTS.some((weight) => weight.type === type);

/** In the order of their weight, one for each kind and action. */
export function warningsIn(resources: readonly ResourceChange[]): Warning[] {
  const losses = lossesIn(resources);
  const warnings = new Map<string, Warning & { rank: number }>();
  for (const { address, type, action } of resources) {
    const rank = WEIGHTS.findIndex((weight) => isOf(weight, { address, type }));
    const weight = WEIGHTS[rank];
    if (weight === undefined || (action !== 'replace' && action !== 'destroy')) continue;
    const loss = losses.find((each) => each.address === address);
    const key = `${rank} ${action} ${loss !== undefined}`;
    const lost = (action === 'destroy' && weight.lostForGood) || weight.lost;
    const made = { rank, action, what: weight.what, addresses: [], lost };
    const warning = warnings.get(key) ?? { ...made, todo: loss?.fix ?? weight.todo, refused: loss !== undefined };
    warning.addresses.push(address);
    warnings.set(key, warning);
  }
  const all = [...warnings.values()].sort((a, b) => a.rank - b.rank || (a.action < b.action ? 1 : -1));
  return all.map(({ rank: _rank, ...warning }) => warning);
}
