import { type Doubt, SOURCES } from '../../../autoscaler/planning/health';
import type { Check } from '../check';
import { ok, type Said, skipped } from '../finding';
import { doubtsAt, isSilence, lastLook } from '../recorded';
import { iso } from '../times';

type Source = Doubt['source'];

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

/** As the function saw them in its last tick: it writes that down each time, so nobody needs a right to call it. */
export const sources: Check = {
  name: 'sources',
  when: 'after',
  service: 'DynamoDB',
  what: 'what the function sees',
  run: async (context) => {
    const { stage } = context.stage;
    const look = await lastLook(context);
    if (isSilence(look)) return [look.nothing ? skipped(ALL, look.why) : notKnown(look.why, stage)];
    const doubts = doubtsAt(look);
    if (doubts === undefined) return [notKnown('the last tick did not write what it saw: its version is older', stage)];
    return (Object.keys(SOURCES) as Source[]).map((source) => {
      const what = `${SOURCES[source]}, from the function`;
      const doubt = doubts.find((each) => each.source === source);
      return doubt === undefined ? ok(what, `known at ${iso(look.tick.at)}`) : doubtful(what, doubt, stage);
    });
  },
};

const ALL = `${Object.values(SOURCES).join(', ')}, from the function`;

function doubtful(what: string, { source, reason, text: value }: Doubt, stage: string): Said {
  if (reason === 'not-yet') {
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
  what: ALL,
  value: why,
  rule: 'is read from what the last tick wrote down',
  fix: 'wait for the next tick and ask again, or have the function look now; needs lambda:InvokeFunction',
  command: `npm run tick -- --stage ${stage} --dry-run`,
});
