import { Command } from 'commander';
import type { PlanResult } from '../deploy/deploy';
import { fromHere } from '../deploy/from-here';
import type { PlanDocument } from '../deploy/review/document';
import type { Exit } from './run';
import { chosen, type StageFlags, TERRAFORM_HELP, tell, withStage } from './stage-options';
import { EXIT, UsageError } from './usage';
import { refuseUnwritable } from './writable';

interface PlanFlags extends StageFlags {
  out?: string;
  replace?: string;
  saved?: string;
  markdown?: true;
  forReview?: true;
  detailedExitcode?: true;
}

/** Terraform's is 2, which means here that a flag is wrong: a job must not take one for the other. */
const SOMETHING_TO_CHANGE = 3;

/** `plan`: what a deploy would change. */
export function planCommand(exit: Exit): Command {
  const command = new Command('plan').description('show what a deploy of a stage would change, and change nothing');
  return withStage(
    command,
    '{ stage, changes: { add, change, destroy, replace, forget, import, move }, planFile, ' +
      'refused: [{ address, action, rule, fix }], resources: [{ address, type, action, reason, from }] }; ' +
      'a replaced resource counts as one to add and one to destroy, and as replace besides',
  )
    .option('--out <file>', 'save the plan, for deploy --plan')
    .option('--replace <instance>', 'replace server or base-<n>; empty: nothing')
    .option(
      '--saved <file>',
      'tell of this plan, which --out saved, or --for-review or `terraform show -json` printed; make none',
    )
    .option('--markdown', 'print the review as a comment for a pull request: what is lost, the cost, the whole plan')
    .option('--for-review', 'print what --markdown reads, for --saved elsewhere: JSON, with no sensitive value in it')
    .option('--detailed-exitcode', `end with ${SOMETHING_TO_CHANGE} when there is something to change`)
    .addHelpText('after', TERRAFORM_HELP)
    .action(async (flags: PlanFlags) => exit(await plan(flags)));
}

async function plan(flags: PlanFlags): Promise<number> {
  const { out, saved, markdown, forReview, json } = flags;
  // A job hands over what a person typed into a form, where no word is none.
  const replace = flags.replace || undefined;
  if ([markdown, forReview, json].filter(Boolean).length > 1)
    throw new UsageError('plan: --markdown, --for-review and --json exclude each other: stdout holds one of them');
  if (saved !== undefined && (out ?? replace) !== undefined) {
    throw new UsageError('plan: --saved makes no plan: leave --out and --replace away');
  }
  if (out !== undefined) refuseUnwritable('--out', out);
  const { planStage, tellSavedPlan } = await import('../deploy/deploy');
  const options = chosen(flags);
  const { result, document, changesAnything } = await (saved === undefined
    ? planStage({ ...options, out, replace })
    : tellSavedPlan({ ...options, saved }));
  if (markdown) process.stdout.write(await review(document));
  else if (forReview) process.stdout.write(await handover(document));
  else await tellPlan(flags, result);
  return flags.detailedExitcode && changesAnything ? SOMETHING_TO_CHANGE : EXIT.done;
}

async function review(document: PlanDocument): Promise<string> {
  const { reviewOf } = await import('../deploy/review/markdown');
  const { monthlyUsd } = await import('../cost/plan-costs');
  return reviewOf(document, monthlyUsd);
}

async function handover(document: PlanDocument): Promise<string> {
  const { handedOver } = await import('../deploy/review/handed-over');
  return `${JSON.stringify(handedOver(document))}\n`;
}

async function tellPlan({ json }: PlanFlags, result: PlanResult): Promise<void> {
  const { inWords } = await import('../deploy/summary');
  tell(json, result, () => [
    `${result.stage}: ${inWords(result.changes)}`,
    ...result.resources
      .filter(({ action }) => action === 'replace' || action === 'destroy' || action === 'forget')
      .map(({ action, address }) => `  ${action} ${address}`),
    ...result.refused.flatMap(({ action, address, rule, fix }) => [
      `deploy will refuse to ${action} ${address}`,
      `    rule:  ${rule}`,
      `    fix:   ${fix}`,
    ]),
    ...(result.planFile === null ? [] : [`saved: ${fromHere(result.planFile)}`]),
  ]);
}
