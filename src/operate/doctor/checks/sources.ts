import { doubtOf } from '../../../autoscaler/planning/health';
import type { Observed, Snapshot } from '../../../autoscaler/snapshot';
import type { Check } from '../check';
import { ok, type Said } from '../finding';
import { lastSeen } from '../recorded';

type Source = 'metrics' | 'kubernetes' | 'instances';

const NAMES: Record<Source, string> = {
  metrics: 'Prometheus',
  kubernetes: 'Kubernetes API',
  instances: 'EC2',
};

/** Where to look, of each. Reachable from here is not from the function: it is in a network of its own. */
const FIXES: Record<Source, (stage: string) => Pick<Said, 'fix' | 'command'>> = {
  metrics: (stage) => ({
    fix: 'see whether it runs (kubectl -n monitoring get pods) and what its targets say: open it here, and look at /targets',
    command: `npm run forward -- --stage ${stage}`,
  }),
  kubernetes: (stage) => ({
    fix: 'a refusal means the token: see tokens. A timeout means the server: see server, and its log (journalctl -u k3s). The way from here',
    command: `npm run forward -- --stage ${stage}`,
  }),
  instances: (stage) => ({
    fix: 'a timeout means the way out: see endpoint-names, then whether plan wants to change the network. A refusal means its role',
    command: `npm run plan -- --stage ${stage}`,
  }),
};

/** As the function saw them in its last tick: read from what it recorded, so that nobody needs a right to call it. */
export const sources: Check = {
  name: 'sources',
  when: 'after',
  service: 'DynamoDB',
  what: 'what the function sees',
  run: async (context) => {
    const { stage } = context;
    const seen = await lastSeen(context);
    if (typeof seen === 'string') return [notKnown(seen, stage.stage)];
    const { snapshot, config } = seen;
    return (Object.keys(NAMES) as Source[]).map((source) => {
      const what = `${NAMES[source]}, from the function`;
      const observed: Observed<unknown> = snapshot[source];
      const doubt = doubtOf(NAMES[source], observed, snapshot, config);
      return doubt === undefined
        ? ok(what, `known at ${new Date(snapshot.at).toISOString()}`)
        : doubtful(what, doubt, source, snapshot, stage.stage);
    });
  },
};

function doubtful(what: string, value: string, source: Source, snapshot: Snapshot, stage: string): Said {
  const observed = snapshot[source];
  if (!observed.known && observed.reason === 'not-yet') {
    return {
      level: 'warning',
      what,
      value,
      rule: 'is known once the server has started, some minutes after the first deploy',
      fix: 'wait, and ask again; where it lasts, see tokens',
    };
  }
  return {
    level: 'problem',
    what,
    value,
    rule: 'without it nothing is removed, and little or nothing launched',
    ...FIXES[source](stage),
  };
}

const notKnown = (why: string, stage: string): Said => ({
  level: 'unknown',
  what: 'Prometheus, Kubernetes API and EC2, from the function',
  value: why,
  rule: 'is read from what the last tick recorded',
  fix: 'wait for the next tick and ask again, or have the function look now; needs lambda:InvokeFunction',
  command: `npm run tick -- --stage ${stage} --dry-run`,
});
