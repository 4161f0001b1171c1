import { Command } from 'commander';
import type { Exit } from './run';
import { chosen, type StageFlags, tell, withStage } from './stage-options';
import { EXIT } from './usage';

interface KeepPlanFlags extends StageFlags {
  plan: string;
}

const HELP = `
The line on stdout is what a job of GitHub Actions appends to $GITHUB_OUTPUT. The plan is kept for a week, beside the
states, because it holds one. A plan that a deploy would refuse is not kept.
Exit codes: 0 done, 1 S3 could not be reached or refused, 2 a flag or the configuration is wrong, or the plan is refused.`;

/** `keep-plan`: puts a saved plan where a later job takes it, and nobody else. */
export function keepPlanCommand(exit: Exit): Command {
  const command = new Command('keep-plan').description(
    'put a saved plan into the bucket of the states, for deploy --kept; prints plan=<sha256>, or plan= where it changes nothing',
  );
  return withStage(command, '{ stage, plan }; plan: its sha256, or null where it changes nothing')
    .requiredOption('--plan <file>', 'what `plan --out` saved')
    .addHelpText('after', HELP)
    .action(async (flags: KeepPlanFlags) => {
      const { keepStagePlan } = await import('../deploy/deploy');
      const result = await keepStagePlan({ ...chosen(flags), plan: flags.plan });
      tell(flags.json, result, () => [`plan=${result.plan ?? ''}`]);
      exit(EXIT.done);
    });
}
