import { Command } from 'commander';
import { fromHere } from '../deploy/from-here';
import type { Exit } from './run';
import { chosen, type StageFlags, TERRAFORM_HELP, tell, withStage } from './stage-options';
import { EXIT } from './usage';

interface PlanFlags extends StageFlags {
  out?: string;
  replace?: string;
}

/** `plan`: what a deploy would change. */
export function planCommand(exit: Exit): Command {
  const command = new Command('plan').description('show what a deploy of a stage would change, and change nothing');
  return withStage(
    command,
    '{ stage, changes: { add, change, destroy, replace }, planFile, refused: [{ address, action, rule, fix }], ' +
      'resources: [{ address, type, action, reason }] }; ' +
      'a replaced resource counts as one to add and one to destroy, and as replace besides',
  )
    .option('--out <file>', 'save the plan, for deploy --plan')
    .option('--replace <instance>', 'replace server or base-<n>')
    .addHelpText('after', TERRAFORM_HELP)
    .action(async (flags: PlanFlags) => exit(await plan(flags)));
}

async function plan(flags: PlanFlags): Promise<number> {
  const { planStage } = await import('../deploy/deploy');
  const { inWords } = await import('../deploy/summary');
  const result = await planStage({ ...chosen(flags), out: flags.out, replace: flags.replace });
  tell(flags.json, result, () => [
    `${result.stage}: ${inWords(result.changes)}`,
    ...result.resources
      .filter(({ action }) => action === 'replace' || action === 'destroy')
      .map(({ action, address }) => `  ${action} ${address}`),
    ...result.refused.flatMap(({ action, address, rule, fix }) => [
      `deploy will refuse to ${action} ${address}`,
      `    rule:  ${rule}`,
      `    fix:   ${fix}`,
    ]),
    ...(result.planFile === null ? [] : [`saved: ${fromHere(result.planFile)}`]),
  ]);
  return EXIT.done;
}
