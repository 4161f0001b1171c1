import { measure } from '../../../autoscaler/measures';
import type { Check } from '../check';
import { ok, type Said, skipped } from '../finding';
import { doubtsAt, isSilence, type LastLook, lastLook } from '../recorded';

/** What the alarms would tell of launches, for a stage that has none. */
export const launches: Check = {
  name: 'launches',
  when: 'after',
  service: 'DynamoDB',
  what: 'launches',
  run: async (context) => {
    const { stage, outside } = context;
    const what = 'launches';
    const look = await lastLook(context);
    if (isSilence(look)) return [look.nothing ? skipped(what, look.why) : unknown(look.why, stage.stage)];
    const { last } = look;
    if (last === undefined) return [unknown('no plan has been recorded', stage.stage)];
    // Refusals and failures to join are in the state, which each tick writes.
    const snapshot = { ...last.recording.snapshot, state: await outside.state(), at: outside.now() };
    const { CircuitOpen, QuotaExceeded } = measure(snapshot, last.recording.plan, last.recording.config);
    const atLimit = limitIn(look);
    const command = `npm run explain -- --stage ${stage.stage}`;
    const said: Said[] = [];
    if (CircuitOpen) {
      said.push({
        level: 'problem',
        what,
        value: `the last instances of ${CircuitOpen} of the pools never joined`,
        rule: 'only one node at a time is tried there, until one joins',
        fix: "the pool's verdict names the last such instance; its console output says what its boot met",
        command,
      });
    }
    if (QuotaExceeded) {
      said.push({
        level: 'problem',
        what,
        value: `a quota of the account keeps EC2 from launching (${QuotaExceeded} of the offerings)`,
        rule: 'EC2 is asked again after a while',
        fix: 'see vcpu-quota, and let the pool use other types',
        command,
      });
    }
    if (typeof atLimit === 'string') said.push(unknown(atLimit, stage.stage));
    else if (atLimit) {
      said.push({
        level: 'warning',
        what,
        value: 'pods need nodes that a limit of the configuration keeps from being launched',
        rule: 'limits, and max of a pool, are never exceeded',
        fix: "raise the limit that the pods' verdicts name, or let them wait",
        command,
      });
    }
    return said.length > 0
      ? said
      : [
          ok(
            what,
            atLimit === undefined
              ? 'neither a quota nor instances that never join stand in their way; in a pause no limit does'
              : 'neither a quota, a limit nor instances that never join stand in their way',
          ),
        ];
  },
};

/**
 * Whether a limit keeps pods waiting, out of verdicts: ticks with the same plan have the same. A string: not known.
 * Undefined: in a pause nothing is launched, whatever the limits.
 */
function limitIn(look: LastLook): boolean | string | undefined {
  const { last, isSamePlan, tick } = look;
  if (tick.decision.code === 'paused') return undefined;
  if (last === undefined || !isSamePlan) return 'the plan of the last tick was not recorded';
  if (doubtsAt(look)?.some(({ source }) => source !== 'metrics') ?? true) {
    return 'whether a limit keeps pods waiting cannot be told without Kubernetes and EC2: see sources';
  }
  const { MaxReachedWithDemand: reached } = measure(
    last.recording.snapshot,
    last.recording.plan,
    last.recording.config,
  );
  return reached === undefined ? 'whether a limit keeps pods waiting was not looked at' : reached > 0;
}

const unknown = (why: string, stage: string): Said => ({
  level: 'unknown',
  what: 'launches',
  value: why,
  rule: 'are judged by the state and by the plan of the last tick',
  fix: 'put right what it names, or wait for the next tick, and ask again',
  command: `npm run explain -- --stage ${stage}`,
});
