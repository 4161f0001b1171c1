import { measure } from '../../../autoscaler/measures';
import type { Check } from '../check';
import { ok, type Said, skipped } from '../finding';
import { lastSeen } from '../recorded';

/** What the alarms would tell of launches, for a stage that has none: from what the last tick recorded. */
export const launches: Check = {
  name: 'launches',
  when: 'after',
  service: 'DynamoDB',
  what: 'launches',
  run: async (context) => {
    const { stage } = context;
    const what = 'launches';
    const seen = await lastSeen(context);
    if (typeof seen === 'string') return [skipped(what, seen)];
    const { CircuitOpen, QuotaExceeded, MaxReachedWithDemand } = measure(seen.snapshot, seen.plan, seen.config);
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
    if (MaxReachedWithDemand) {
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
      : [ok(what, 'neither a quota, a limit nor instances that never join stand in their way')];
  },
};
