import { alarmName, alarmsOf, type Alarm as Wanted } from '../../../infra/alarm-list';
import type { Check, Context } from '../check';
import { ok, type Said, skipped } from '../finding';
import type { Alarm } from '../outside/outside';
import { ago, MINUTE_MS } from '../times';

export const alarms: Check = {
  name: 'alarms',
  when: 'after',
  service: 'CloudWatch',
  what: 'alarms',
  run: async (context) => {
    const { stage, config, outside } = context;
    const found = await outside.alarms(`${stage.function}-`);
    if (found.length === 0 && !config.alarms.enabled) {
      return [skipped('alarms', 'there are none: alarms.enabled is false')];
    }
    const wanted = new Map(
      Object.entries(config.alarms.enabled ? alarmsOf(stage, config) : {}).map(([name, alarm]) => [
        alarmName(stage, name),
        alarm,
      ]),
    );
    const missing = [...wanted.keys()].filter((name) => !found.some((each) => each.name === name));
    const said = [
      ...(missing.length === 0 ? [] : [absent(context, missing, wanted.size)]),
      ...found.flatMap((alarm) => judged(context, alarm, wanted.get(alarm.name))),
    ];
    return said.length > 0 ? said : [ok('alarms', `all ${found.length} are there and judged, none is in alarm`)];
  },
};

function absent({ stage }: Context, missing: readonly string[], all: number): Said {
  return {
    level: 'warning',
    what: 'alarms',
    value: missing.length === all ? 'there are none' : `not there: ${missing.join(', ')}`,
    rule: 'alarms.enabled is true in the configuration',
    fix: 'deploy it',
    command: `npm run deploy -- --stage ${stage.stage}`,
  };
}

function judged(context: Context, alarm: Alarm, wanted: Wanted | undefined): Said[] {
  const { name, state, reason, description } = alarm;
  if (state === 'OK') return [];
  if (state !== 'ALARM') return [undecided(context, alarm, wanted)];
  return [
    {
      level: 'problem',
      what: name,
      value: `in alarm: ${reason}`,
      rule: description,
      fix: 'see what the last tick says of it (docs/infrastructure.md#alarms)',
      command: `npm run explain -- --stage ${context.stage.stage}`,
    },
  ];
}

/** CloudWatch judges some minutes late. */
const LATE_MS = 10 * MINUTE_MS;

/**
 * A new alarm has not been judged before its first periods are over. None of ours stays so: what a metric that nobody
 * writes means is told to CloudWatch with each (`treatMissingData`).
 */
function undecided({ outside }: Context, { name, state, since }: Alarm, wanted: Wanted | undefined): Said {
  const patience = 1000 * (wanted ? wanted.period * wanted.periods : 0) + LATE_MS;
  const isYoung = since !== undefined && outside.now() - since <= patience;
  return {
    level: isYoung ? 'unknown' : 'warning',
    what: name,
    value: `${state}${since === undefined ? '' : `, since ${ago(outside.now() - since)}`}`,
    rule: `is judged ${Math.round(patience / MINUTE_MS)} minutes after it was made, and until then tells of nothing`,
    fix: isYoung ? 'wait, and ask again' : 'see in CloudWatch why it is not; deploy puts back what was changed by hand',
  };
}
