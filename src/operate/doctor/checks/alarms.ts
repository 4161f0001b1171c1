import type { Check } from '../check';
import { ok, type Said, skipped } from '../finding';

export const alarms: Check = {
  name: 'alarms',
  when: 'after',
  service: 'CloudWatch',
  what: 'alarms',
  run: async ({ stage, config, outside }) => {
    const found = await outside.alarms(`${stage.function}-`);
    if (found.length === 0) {
      if (!config.alarms.enabled) return [skipped('alarms', 'there are none: alarms.enabled is false')];
      return [
        {
          level: 'warning',
          what: 'alarms',
          value: 'there are none',
          rule: 'alarms.enabled is true in the configuration',
          fix: 'deploy it',
          command: `npm run deploy -- --stage ${stage.stage}`,
        },
      ];
    }
    const loud = found.filter(({ state }) => state === 'ALARM');
    if (loud.length === 0) return [ok('alarms', `none of ${found.length} is in alarm`)];
    return loud.map(
      ({ name, reason, description }): Said => ({
        level: 'problem',
        what: name,
        value: `in alarm: ${reason}`,
        rule: description,
        fix: 'see what the last tick says of it (docs/infrastructure.md#alarms)',
        command: `npm run explain -- --stage ${stage.stage}`,
      }),
    );
  },
};
