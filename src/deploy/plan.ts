import { rmSync } from 'node:fs';
import path from 'node:path';
import { Unusable } from './errors';
import type { PlanDocument } from './review/document';
import { planIn } from './review/form';
import { type Summary, summaryOf } from './summary';
import type { Terraform } from './terraform';

export interface Planned extends Summary {
  /** Absolute. */
  file: string;
  /** All that Terraform says of it. */
  document: PlanDocument;
  /** Whether applying it does anything: outputs and moved addresses count, though no resource changes. */
  changesAnything: boolean;
  /** Deletes a file that nobody asked to keep. */
  discard: () => void;
}

/** `-detailed-exitcode`: planned well and there is something to do. */
const SOMETHING = 2;

/**
 * Plans.
 *
 * @param flags `-destroy`, `-replace=…`
 * @param keepAs where the plan is kept; by default in the data directory, until `discard`
 * @throws {TerraformFailed}
 */
export async function makePlan(terraform: Terraform, flags: readonly string[] = [], keepAs?: string): Promise<Planned> {
  const file = path.resolve(keepAs ?? path.join(terraform.place.dataDir, 'plan.tfplan'));
  const discard = () => keepAs === undefined && rmSync(file, { force: true });
  try {
    const code = await terraform.run(['plan', '-detailed-exitcode', `-out=${file}`, ...flags], {
      good: [0, SOMETHING],
    });
    const document = await showPlan(terraform, file);
    return { ...summaryOf(document), file, document, changesAnything: code === SOMETHING, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

/** @throws {Unusable} where Terraform says something that is not known here: a part of the plan would be left unsaid */
export async function showPlan(terraform: Terraform, file: string): Promise<PlanDocument> {
  const plan = planIn(await terraform.json<unknown>(['show', '-json', file]));
  if (typeof plan !== 'string') return plan;
  throw new Unusable('terraform show -json', file, {
    value: 'a plan of another form',
    rule: plan,
    fix: 'use the version of Terraform that docs/infrastructure.md names, or look at the plan by `terraform show`',
  });
}

export const applyPlan = (terraform: Terraform, file: string): Promise<number> =>
  terraform.run(['apply', '-input=false', file]);

export type Outputs = Record<string, unknown>;

/** What the stack puts out, without what is marked as sensitive. */
export async function outputsOf(terraform: Terraform): Promise<Outputs> {
  const all = await terraform.json<Record<string, { value: unknown; sensitive: boolean }>>(['output', '-json']);
  const open = Object.entries(all).filter(([, { sensitive }]) => !sensitive);
  return Object.fromEntries(open.map(([name, { value }]) => [name, value]));
}
