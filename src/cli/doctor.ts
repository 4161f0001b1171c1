import { Command } from 'commander';
import type { Diagnosis } from '../operate/doctor/doctor';
import type { Exit } from './run';
import { chosen, type StageFlags, tell, withStage } from './stage-options';
import { EXIT } from './usage';

const HELP = `
Before a deploy: programs, credentials, quotas, zones, types, image, names. After it: function, ticks, what the function
sees, tokens, alarms. And what may have been left over. It only asks: nothing is changed, and no secret is read. What it
may ask for stands in docs/security.md; what could not be asked is unknown, with the right that lacks, and never ok.
docs/doctor.md says of each check when it speaks and what to do.
Exit codes: 0 all could be looked at and there is no problem, 1 there is one, 2 a flag or the configuration is wrong,
3 there is none, but something could not be looked at. A warning alone is 0.`;

/** Nobody has failed, and nobody knows that all is well. */
const SOMETHING_UNKNOWN = 3;

/** `doctor`: whether a stage can be deployed, and how it is once it was. */
export function doctorCommand(exit: Exit): Command {
  const command = new Command('doctor').description('check what a deploy needs, and how a stage that is deployed does');
  return withStage(
    command,
    '{ stage, cluster, region, account, deployed, counts, findings: [{ check, when, level, where, what, value, rule, ' +
      'fix, command }] }; level is problem, warning, unknown, ok or skipped',
  )
    .addHelpText('after', HELP)
    .action(async (flags: StageFlags) => exit(await run(flags)));
}

async function run(flags: StageFlags): Promise<number> {
  const { diagnose } = await import('../operate/doctor/doctor');
  const { inWords } = await import('../operate/doctor/words');
  const diagnosis = await diagnose(chosen(flags));
  tell(flags.json, diagnosis, () => inWords(diagnosis));
  return exitCodeOf(diagnosis.counts);
}

/** A problem outweighs what is unknown, and a warning says nothing. */
export function exitCodeOf({ problem, unknown }: Pick<Diagnosis['counts'], 'problem' | 'unknown'>): number {
  if (problem > 0) return EXIT.failed;
  return unknown > 0 ? SOMETHING_UNKNOWN : EXIT.done;
}
