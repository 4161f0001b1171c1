import type { Tick } from '../../../adapters/dynamodb-history-item';
import { ALARM_TICKS } from '../../../config/contradictions';
import type { Check, Context } from '../check';
import { ok, type Said } from '../finding';
import { patience } from '../recorded';
import { ago, iso } from '../times';

const lambda: Check = {
  name: 'function',
  when: 'after',
  service: 'Lambda',
  what: "the stage's function",
  run: async ({ stage, outside }) => {
    const what = stage.function;
    const found = await outside.deployedFunction();
    if (found === undefined) return [];
    const said: Said[] = [];
    if (found.state === 'Failed' || found.update === 'Failed') {
      said.push({
        level: 'problem',
        what,
        value: `${found.state}, last update ${found.update}${found.reason ? `: ${found.reason}` : ''}`,
        rule: 'Lambda must be able to run it',
        fix: `put right what Lambda names, and deploy again`,
        command: `npm run deploy -- --stage ${stage.stage}`,
      });
    } else if (found.state !== 'Active' || found.update !== 'Successful') {
      said.push({
        level: 'warning',
        what,
        value: `${found.state}, last update ${found.update}`,
        rule: 'runs as it should once it is Active and its last update Successful',
        fix: 'wait a minute, and ask again',
      });
    }
    if (found.reserved === 0) {
      said.push({
        level: 'problem',
        what,
        value: '0 executions are reserved for it',
        rule: 'with a reservation of 0 Lambda starts it never: somebody stopped it so',
        fix: 'take the reservation back (npm run pause stops scaling, and lets the function tell why)',
        command: `aws lambda delete-function-concurrency --function-name ${what} --region ${stage.region}`,
      });
    }
    return said.length > 0 ? said : [ok(what, `changed ${iso(found.changedAt)}`)];
  },
};

/** Decisions after which somebody should do something; the others are a cluster at work. */
const TELLING: Record<string, (stage: string) => Pick<Said, 'level' | 'fix'> & { command?: string }> = {
  retired: () => ({
    level: 'problem',
    fix: 'where the cluster shall live, take the mark back (docs/state.md#retirement); else go on with the destroy',
  }),
  paused: (stage) => ({
    level: 'warning',
    fix: 'take the pause back when its reason is over',
    command: `npm run resume -- --stage ${stage}`,
  }),
  ...Object.fromEntries(
    ['data-doubtful', 'mass-unready', 'at-maximum', 'launch-held'].map((code) => [
      code,
      (stage: string) => ({
        level: 'warning' as const,
        fix: 'see what it says of each pool, node and pod',
        command: `npm run explain -- --stage ${stage}`,
      }),
    ]),
  ),
};

const lastTick: Check = {
  name: 'last-tick',
  when: 'after',
  service: 'DynamoDB',
  what: 'the last tick',
  run: async (context) => {
    const tick = (await context.outside.history())?.tick;
    if (tick === undefined) return [await never(context)];
    const { stage, config, outside } = context;
    const age = outside.now() - tick.at;
    const value = `${ago(age)} (${iso(tick.at)}): ${tick.decision.code}: ${tick.decision.text}`;
    if (age > patience(config)) return [silent(context, value)];
    return [judged(tick, value, stage.stage)];
  },
};

function judged({ decision }: Tick, value: string, stage: string): Said {
  const told = TELLING[decision.code]?.(stage);
  return told === undefined
    ? ok('the last tick', value)
    : {
        what: 'the last tick',
        value,
        rule: 'the cluster is scaled only in part, or not at all, as long as this holds',
        ...told,
      };
}

function silent({ stage, config }: Context, value: string): Said {
  return {
    level: 'problem',
    what: 'the last tick',
    value,
    rule: `must not be older than ${ALARM_TICKS} intervals of schedule.every (${config.schedule.every}); nothing is scaled meanwhile`,
    fix: 'read why in the log of the function; where the log is silent too, nothing calls it: deploy again',
    command: `aws logs tail /aws/lambda/${stage.function} --since 1h --region ${stage.region}`,
  };
}

/** A stage that has just been deployed had no occasion yet. */
async function never(context: Context): Promise<Said> {
  const { config, outside } = context;
  const changedAt = (await outside.deployedFunction())?.changedAt ?? 0;
  if (outside.now() - changedAt > patience(config)) return silent(context, 'never');
  return {
    level: 'warning',
    what: 'the last tick',
    value: 'never, so far',
    rule: `comes within ${config.schedule.every} of a deploy`,
    fix: 'wait for it, and ask again',
  };
}

/** Whether the function is there and ticks. */
export const functionChecks = [lambda, lastTick];
