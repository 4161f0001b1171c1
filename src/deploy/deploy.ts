import { rmSync } from 'node:fs';
import path from 'node:path';
import { Refusal } from './errors';
import { refuseProtected, refuseUnreadablePlan, replaceFlag } from './guards';
import { keepPlan, takePlan } from './kept-plans';
import { type Loss, lossesIn, refuseLosses } from './losses';
import { applyPlan, makePlan, type Outputs, outputsOf, type Planned, showPlan } from './plan';
import { changesSomething, type PlanDocument } from './review/document';
import { shownPlan } from './review/shown';
import { type OpenOptions, openStage } from './stage';
import { type Changes, type Summary, stageOf, summaryOf } from './summary';
import type { Terraform } from './terraform';

/** Asks before something is done; resolves with whether it may be. */
export type Ask = (about: { stage: string; summary: Summary }) => Promise<boolean>;

export interface PlanResult extends Summary {
  stage: string;
  /** Absolute; null when the plan was only to be seen. */
  planFile: string | null;
  /** What keeps a deploy from making these changes. */
  refused: Loss[];
}

/** A plan, and all that Terraform says of it. */
export interface Told {
  result: PlanResult;
  document: PlanDocument;
  changesAnything: boolean;
}

/** Plans a stage and applies nothing. */
export async function planStage(
  options: OpenOptions & { out?: string | undefined; replace?: string | undefined },
): Promise<Told> {
  const { stage, terraform } = await openStage(options);
  const plan = await makePlan(terraform, replacing(terraform, options), options.out);
  plan.discard();
  const planFile = options.out === undefined ? null : path.resolve(options.out);
  return told(stage, plan.document, planFile, plan.changesAnything);
}

/**
 * Tells of a plan that is there already: of one that `plan --out` saved, or of what `terraform show -json` says of it, for
 * which neither Terraform nor an account is needed.
 *
 * @throws {Refusal} where the file is neither, or a plan of another stage than the one that is named
 */
export async function tellSavedPlan(options: OpenOptions & { saved: string }): Promise<Told> {
  const file = path.resolve(options.saved);
  refuseUnreadablePlan(options.saved, '--saved');
  const shown = shownPlan(file);
  if (shown !== undefined) {
    const named = options.stage ?? options.env.STAGE;
    if (named) refuseOther(shown, named, options.saved, '--saved');
    return told(stageOf(shown) ?? '', shown, file, changesSomething(shown));
  }
  const { stage, terraform } = await openStage(options);
  const document = await savedPlan(terraform, file, stage, '--saved');
  return told(stage, document, file, changesSomething(document));
}

function told(stage: string, document: PlanDocument, planFile: string | null, changesAnything: boolean): Told {
  const { changes, resources } = summaryOf(document);
  const result = { stage, changes, planFile, refused: lossesIn(resources), resources };
  return { result, document, changesAnything };
}

/**
 * Keeps a saved plan until somebody has reviewed it; one that the deploy would refuse is refused here, so that nobody is
 * asked to review it.
 *
 * @returns `plan`: the sum by which a deploy takes it; null where it changes nothing, so that nobody is asked
 */
export async function keepStagePlan(options: OpenOptions & { plan: string }): Promise<{
  stage: string;
  plan: string | null;
}> {
  refuseUnreadablePlan(options.plan, '--plan');
  const { stage, terraform, config, source } = await openStage(options);
  const file = path.resolve(options.plan);
  const document = await savedPlan(terraform, file, stage, '--plan');
  if (!changesSomething(document)) return { stage, plan: null };
  refuseLosses(summaryOf(document).resources);
  return { stage, plan: await keepPlan({ stage, config, source, env: options.env }, file) };
}

export interface DeployResult {
  stage: string;
  /** False: there was nothing to do, or it was not wanted. */
  applied: boolean;
  /** Whether somebody was asked and said no. */
  declined: boolean;
  changes: Changes;
  outputs: Outputs;
}

/** Brings up or changes a stage: by the plan that was saved and reviewed, else by one that is made and asked about now. */
export async function deployStage(
  options: OpenOptions & {
    /** A file. */
    plan?: string | undefined;
    /** The sum of a plan in the bucket of the states. */
    kept?: string | undefined;
    replace?: string | undefined;
    ask: Ask;
  },
): Promise<DeployResult> {
  if (options.plan !== undefined) refuseUnreadablePlan(options.plan, '--plan');
  const { stage, terraform, config, source } = await openStage(options);
  if (options.plan !== undefined) return deploySaved(terraform, path.resolve(options.plan), stage, '--plan');
  if (options.kept !== undefined) {
    const file = path.join(terraform.place.dataDir, 'kept.tfplan');
    try {
      await takePlan({ stage, config, source, env: options.env }, options.kept, file);
      return await deploySaved(terraform, file, stage, '--kept');
    } finally {
      rmSync(file, { force: true });
    }
  }
  const plan = await makePlan(terraform, replacing(terraform, options));
  const done = await applyIfWanted(terraform, plan, stage, options.ask, () => refuseLosses(plan.resources));
  return { stage, ...done, changes: plan.changes, outputs: done.declined ? {} : await outputsOf(terraform) };
}

async function deploySaved(
  terraform: Terraform,
  file: string,
  stage: string,
  flag: '--plan' | '--kept',
): Promise<DeployResult> {
  const { changes, resources } = summaryOf(await savedPlan(terraform, file, stage, flag));
  refuseLosses(resources);
  await applyPlan(terraform, file);
  return { stage, applied: true, declined: false, changes, outputs: await outputsOf(terraform) };
}

export interface DestroyResult {
  stage: string;
  /** False: there was nothing to destroy, or it was not wanted. */
  applied: boolean;
  declined: boolean;
  changes: Changes;
}

/**
 * Destroys a stage that is not protected. The function terminates what the autoscaler launched, on Terraform's call; when
 * it refuses, because a tick holds the lease, Terraform says so and the same command goes on where it stopped.
 */
export async function destroyStage(options: OpenOptions & { ask: Ask }): Promise<DestroyResult> {
  const { stage, terraform } = await openStage({ ...options, check: refuseProtected });
  const plan = await makePlan(terraform, ['-destroy']);
  const done = await applyIfWanted(terraform, plan, stage, options.ask);
  return { stage, ...done, changes: plan.changes };
}

const replacing = ({ place }: Terraform, { replace }: { replace?: string | undefined }): string[] =>
  replace === undefined ? [] : [replaceFlag(place, replace)];

async function applyIfWanted(
  terraform: Terraform,
  plan: Planned,
  stage: string,
  ask: Ask,
  check: () => void = () => {},
) {
  try {
    if (!plan.changesAnything) return { applied: false, declined: false };
    check();
    if (!(await ask({ stage, summary: plan }))) return { applied: false, declined: true };
    await applyPlan(terraform, plan.file);
    return { applied: true, declined: false };
  } finally {
    plan.discard();
  }
}

/**
 * Terraform applies a saved plan to the state that the plan names, whatever configuration lies beside it: a plan of
 * another stage would change that one.
 */
async function savedPlan(
  terraform: Terraform,
  file: string,
  stage: string,
  flag: '--plan' | '--kept' | '--saved',
): Promise<PlanDocument> {
  const json = await showPlan(terraform, file);
  refuseOther(json, stage, file, flag);
  return json;
}

/** @throws {Refusal} */
function refuseOther(plan: PlanDocument, stage: string, file: string, flag: '--plan' | '--kept' | '--saved'): void {
  const planned = stageOf(plan);
  if (planned === stage) return;
  throw new Refusal('command line', flag, {
    value: file,
    rule: `must be a plan of stage ${stage}, and is of ${planned ?? 'none'}`,
    fix: planned === undefined ? 'make it by `npm run plan -- --out FILE`' : `write --stage ${planned}`,
  });
}
