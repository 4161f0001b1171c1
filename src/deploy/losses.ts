import { Refusal } from './errors';
import type { ResourceChange } from './summary';

/** A change that a deploy never makes, though Terraform would: what it takes away does not come back. */
export interface Loss extends Pick<ResourceChange, 'address' | 'action'> {
  rule: string;
  fix: string;
}

/** Types that are made anew only with a loss; `gone`: that they may not be taken away either. */
const KEPT: Record<string, { gone: boolean; rule: string; fix: string }> = {
  aws_ebs_volume: {
    gone: true,
    rule: "holds K3s' data: without it the cluster is a new and empty one",
    fix: 'put back what moves it (the first of `zones`), or destroy and deploy for an empty cluster',
  },
  aws_dynamodb_table: {
    gone: true,
    rule: 'holds what the autoscaler knows, or its history: open launches and removals would be forgotten',
    fix: 'put `stages.primary` back, or destroy and deploy',
  },
  aws_ssm_parameter: {
    gone: true,
    rule: 'the server writes its tokens there twice a day: until then no worker joins, and the function is blind',
    fix: 'put `stages.primary` back, or destroy and deploy',
  },
  aws_lambda_invocation: {
    gone: true,
    rule: "its end is the function's last call: all workers would be terminated and the cluster retired",
    fix: 'use npm run destroy if that is meant; else take the mark away by terraform untaint',
  },
  aws_vpc: {
    gone: true,
    rule: 'a network is for life: everything in it would be made anew',
    fix: 'put `vpcCidr` back, or destroy and deploy for an empty cluster',
  },
  aws_subnet: {
    gone: true,
    rule: 'what Terraform does not know may live in it: AWS would keep it, and the deploy would stop half-way',
    fix: 'put `vpcCidr` and `zones` back; where no instance is in the zone, apply the plan by terraform itself',
  },
  aws_instance: {
    gone: false,
    rule: 'is replaced only when somebody asks for it: its pods would be lost without a drain',
    fix: 'put the setting back that Terraform names in the plan, or drain the node and name it by --replace',
  },
};

/** Of an instance: asked for on the command line, or its making never ended (or a person has tainted it). */
const WANTED: ReadonlySet<string | undefined> = new Set(['replace_by_request', 'replace_because_tainted']);

/** What of a plan would lose something. A base worker that the configuration no longer counts is a wish. */
export function lossesIn(resources: readonly ResourceChange[]): Loss[] {
  return resources.flatMap(({ address, type, action, reason }) => {
    const kept = KEPT[type];
    const isWanted = type === 'aws_instance' && WANTED.has(reason);
    const isLost = action === 'replace' ? !isWanted : action === 'destroy' && isMissed(address, kept?.gone);
    return kept && isLost ? [{ address, action, rule: kept.rule, fix: kept.fix }] : [];
  });
}

const isMissed = (address: string, gone: boolean | undefined): boolean => gone === true || address === SERVER;

const SERVER = 'aws_instance.server';

/** @throws {Refusal} */
export function refuseLosses(resources: readonly ResourceChange[]): void {
  const [loss, ...others] = lossesIn(resources);
  if (loss === undefined) return;
  const also =
    others.length === 0 ? '' : `; refused for the same cause: ${others.map(({ address }) => address).join(', ')}`;
  throw new Refusal('the plan', loss.address, { value: loss.action, rule: `${loss.rule}${also}`, fix: loss.fix });
}
