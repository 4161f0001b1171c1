import { Command } from 'commander';
import type { Exit } from './run';
import { chosen, type StageFlags, TERRAFORM_HELP, tell, withStage } from './stage-options';
import { confirmed, needYes } from './terminal-voice';
import { EXIT, UsageError } from './usage';

interface DeployFlags extends StageFlags {
  yes?: true;
  plan?: string;
  kept?: string;
  replace?: string;
  moveState?: true;
}

/** `deploy`: brings up a stage, or changes it. */
export function deployCommand(exit: Exit): Command {
  const command = new Command('deploy').description('bring up a stage, or change it to what the configuration says');
  return withStage(
    command,
    '{ stage, applied, changes: { add, change, destroy, replace, forget, import, move }, outputs }',
  )
    .option('--yes', 'do not ask; needed where stdin is no terminal, unless a plan is given')
    .option('--plan <file>', 'apply this plan, which `plan --out` saved and somebody has read')
    .option('--kept <sha256>', 'apply the plan that `keep-plan` has put into the bucket of the states')
    .option('--replace <instance>', 'replace server or base-<n>; nothing else ever replaces them')
    .option('--move-state', 'first move the state of a first try out of its file into terraform.stateBucket')
    .addHelpText('after', TERRAFORM_HELP)
    .action(async (flags: DeployFlags) => exit(await deploy(flags)));
}

async function deploy(flags: DeployFlags): Promise<number> {
  const { yes, plan, kept, replace, moveState, json } = flags;
  if (plan !== undefined && kept !== undefined) {
    throw new UsageError('deploy: --plan and --kept exclude each other: each is the plan to apply');
  }
  const saved = plan ?? kept;
  if (saved !== undefined && replace !== undefined) {
    throw new UsageError(
      `deploy: ${plan === undefined ? '--kept' : '--plan'} and --replace exclude each other: what is replaced stands in the plan already`,
    );
  }
  if (saved === undefined) needYes('deploy', yes, 'whether to apply the plan');
  const { deployStage } = await import('../deploy/deploy');
  const { inWords } = await import('../deploy/summary');
  const { declined, ...result } = await deployStage({
    ...chosen(flags),
    plan,
    kept,
    replace,
    moveState,
    ask: async ({ stage, summary }) => yes === true || confirmed(`Stage ${stage}: ${inWords(summary.changes)}.`, 'yes'),
  });
  tell(json, result, () => [
    `${result.stage}: ${heading(result.applied, declined, inWords(result.changes))}`,
    ...Object.entries(result.outputs).map(([name, value]) => `  ${name} = ${String(value)}`),
  ]);
  return declined ? EXIT.failed : EXIT.done;
}

function heading(applied: boolean, declined: boolean, changes: string): string {
  if (declined) return 'nothing was changed';
  return applied ? `deployed; there was ${changes}` : 'nothing to change';
}
