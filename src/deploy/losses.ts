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
  aws_vpc: {
    gone: true,
    rule: 'a network is for life: everything in it would be made anew',
    fix: 'put `vpcCidr` and `region` back, or destroy and deploy for an empty cluster',
  },
  aws_subnet: {
    gone: false,
    rule: 'nodes and the function live in it, and it cannot be made anew around them',
    fix: 'put `vpcCidr` and `zones` back, or destroy and deploy for an empty cluster',
  },
  aws_instance: {
    gone: false,
    rule: 'is replaced only when somebody asks for it: its pods would be lost without a drain',
    fix: 'put the setting back that Terraform names in the plan, or drain the node and name it by --replace',
  },
};

/** Asked for on the command line, or half made: it never carried anything. */
const HARMLESS: ReadonlySet<string | undefined> = new Set(['replace_by_request', 'replace_because_tainted']);

/** What of a plan would lose something. A base worker that the configuration no longer counts is a wish. */
export function lossesIn(resources: readonly ResourceChange[]): Loss[] {
  return resources.flatMap(({ address, type, action, reason }) => {
    const kept = KEPT[type];
    const isLost = action === 'replace' ? !HARMLESS.has(reason) : action === 'destroy' && isMissed(address, kept?.gone);
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
