import { instanceIdOf } from '../../../autoscaler/names';
import { isAlive } from '../../../autoscaler/planning/fleet-view';
import type { Instance, Node } from '../../../autoscaler/snapshot';
import { durationMs } from '../../../config/durations';
import type { Check, Context } from '../check';
import { ok, type Said } from '../finding';
import { doubtsAt, isSilence, type LastLook, lastLook } from '../recorded';
import { ago } from '../times';

/** The one instance that all others join. */
export const server: Check = {
  name: 'server',
  when: 'after',
  service: 'EC2',
  what: 'the K3s server',
  run: async ({ stage, outside }) => {
    const what = 'the K3s server';
    const found = (await outside.instances()).filter(({ role }) => role === 'server').filter(isAlive);
    const [only] = found;
    if (found.length === 1 && only?.state === 'running') return [ok(what, `${only.id}, running`)];
    const value = found.map(({ id, state }) => `${id} ${state}`).join(', ');
    const rule = 'one instance must run as it';
    if (only === undefined) {
      return [
        {
          level: 'problem',
          what,
          value: 'not there',
          rule,
          fix: 'deploy makes it anew, on its old data volume',
          command: `npm run deploy -- --stage ${stage.stage}`,
        },
      ];
    }
    if (found.length > 1) {
      return [
        {
          level: 'problem',
          what,
          value,
          rule,
          fix: 'wait while one is replaced; else terminate what Terraform does not know',
        },
      ];
    }
    const isComing = only.state === 'pending';
    return [
      {
        level: isComing ? 'warning' : 'problem',
        what,
        value,
        rule,
        fix: isComing ? 'wait, and ask again' : 'start it; where it stopped by itself, its console output says why',
        ...(!isComing && { command: `aws ec2 start-instances --instance-ids ${only.id} --region ${stage.region}` }),
      },
    ];
  },
};

/** Instances with the cluster's tag that nobody uses and somebody pays. */
export const orphans: Check = {
  name: 'orphans',
  when: 'always',
  service: 'EC2',
  what: 'instances of the cluster without a Node',
  run: async (context) => {
    const what = 'instances of the cluster';
    const instances = (await context.outside.instances()).filter(isAlive);
    if (instances.length === 0) return [ok(what, 'there are none')];
    if ((await context.outside.deployedFunction()) === undefined) return [abandoned(context, instances)];
    const lost = await withoutNode(context, instances);
    if (typeof lost === 'string') return [notKnown(context, lost)];
    if (lost.length === 0) return [ok(what, `${instances.length}, each is known`)];
    return lost.map((instance) => orphan(context, instance));
  },
};

const terminate = ({ stage }: Context, ids: readonly string[]): string =>
  `aws ec2 terminate-instances --instance-ids ${ids.join(' ')} --region ${stage.region}`;

function abandoned(context: Context, instances: readonly Instance[]): Said {
  const { stage, outside } = context;
  const words = instances.map(({ id, role, launchedAt }) => `${id} (${role}, ${ago(outside.now() - launchedAt)})`);
  return {
    level: 'problem',
    what: `instances of stage ${stage.stage}, which has no function`,
    value: words.join(', '),
    rule: 'what bears the tag of a cluster is scaled by its function: without it nobody removes these',
    fix: `unless a deploy is just going on: npm run destroy -- --stage ${stage.stage}, which takes Terraform's; and of what it leaves`,
    command: terminate(
      context,
      instances.map(({ id }) => id),
    ),
  };
}

/** Workers that neither a Node nor an open operation names, though they had the time to join; a string: it is not known. */
async function withoutNode(context: Context, instances: readonly Instance[]): Promise<Instance[] | string> {
  const { config, outside } = context;
  const due = instances
    .filter(({ role }) => role !== 'server')
    .filter(({ launchedAt }) => outside.now() - launchedAt > durationMs(config.policy.joinDeadline));
  if (due.length === 0) return [];
  const [look, state] = await Promise.all([lastLook(context), outside.state()]);
  if (isSilence(look)) return look.why;
  const doubts = doubtsAt(look);
  const doubt = doubts?.find(({ source }) => source === 'kubernetes');
  if (doubts === undefined || doubt) return `the function does not know the Nodes${doubt ? `: ${doubt.text}` : ''}`;
  const nodes = nodesAt(look);
  if (nodes === undefined) return 'which Nodes the last tick saw was not recorded';
  const known = new Set([
    ...nodes.map(({ providerId }) => instanceIdOf(providerId)),
    ...state.operations.flatMap((each) => (each.kind === 'launch' ? each.instances : [each.instance])),
  ]);
  return due.filter(({ id }) => !known.has(id));
}

/**
 * The Nodes that the last tick saw. The same plan has a verdict for the same Nodes, as long as it has one for each: in a
 * pause it has none. Undefined: they are not known.
 */
function nodesAt({ tick, last, isSamePlan }: LastLook): Node[] | undefined {
  if (last === undefined || !last.recording.snapshot.kubernetes.known) return undefined;
  const { nodes } = last.recording.snapshot.kubernetes.value;
  const isSame =
    last.tick.key === tick.key || (isSamePlan && nodes.every(({ name }) => name in last.recording.plan.nodes));
  return isSame ? nodes : undefined;
}

function orphan(context: Context, { id, role, type, launchedAt }: Instance): Said {
  const { stage, outside } = context;
  const what = `${id} (${role}, ${type})`;
  const value = `launched ${ago(outside.now() - launchedAt)}, and no Node and no open operation names it`;
  if (role === 'worker') {
    return {
      level: 'problem',
      what,
      value,
      rule: 'the autoscaler ends such an instance in a tick that knows both EC2 and Kubernetes',
      fix: 'see why it does not (explain); by hand',
      command: terminate(context, [id]),
    };
  }
  return {
    level: 'problem',
    what,
    value,
    rule: 'a base worker joins by itself, and is never removed',
    fix: 'read there why it does not: journalctl -u k3s-autoscaler-boot -u k3s-agent',
    command: `aws ssm start-session --target ${id} --region ${stage.region}`,
  };
}

function notKnown({ stage }: Context, why: string): Said {
  return {
    level: 'unknown',
    what: 'instances of the cluster',
    value: why,
    rule: 'are compared with the Nodes that the last tick saw',
    fix: 'wait for the next tick and ask again; or look yourself',
    command: `npm run explain -- --stage ${stage.stage}`,
  };
}
