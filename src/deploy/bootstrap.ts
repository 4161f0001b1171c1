import { BOOTSTRAP } from '../infra/backend';
import { type BootstrapProps, BootstrapStack, OUTPUT } from '../infra/bootstrap-stack';
import type { GithubAccess } from '../infra/github-roles';
import { readConfig, writeStack } from '../infra/synth';
import { findTerraform } from './binary';
import { Refusal } from './errors';
import { fromHere } from './from-here';
import { type GithubFlags, githubAccess } from './github-access';
import { hasLocalState, localResources } from './local-state';
import { moveStateIntoBucket } from './move-state';
import { type Place, placeOf } from './place';
import { applyPlan, makePlan, type Outputs, outputsOf } from './plan';
import { bucketNotOurs, bucketOutOfReach, isNoSuchBucket } from './state-bucket-errors';
import type { Changes, Summary } from './summary';
import { Terraform, type Voice } from './terraform';

export interface BootstrapOptions {
  root: string;
  configFile?: string | undefined;
  bucket: string;
  github: GithubFlags;
  env: NodeJS.ProcessEnv;
  voice: Voice;
  ask: (about: { summary: Summary }) => Promise<boolean>;
}

export interface BootstrapResult {
  bucket: string;
  region: string;
  /** False: there was nothing to do, or it was not wanted. */
  applied: boolean;
  declined: boolean;
  changes: Changes;
  /** Null without GitHub. */
  roles: { pullRequest: string; plan: string; deploy: string } | null;
  github: GithubAccess | null;
  /** To be written into `autoscaler.config.ts`. */
  configLine: string;
}

/**
 * Makes the bucket of the states, and roles for GitHub. Its own state lies in that bucket too, so the first run keeps it in
 * a file, and moves it as soon as there is a bucket:
 *
 * ```
 * a file with something in it? ── yes: an earlier run was cut short ─▶ plan, apply, move the file into the bucket
 *          │ no
 * does the bucket answer? ── no such bucket ─▶ the same, from nothing
 *          │ yes
 * is our state in it? ── yes ─▶ plan, apply
 *          └─ no: it is somebody else's, or made by hand ─▶ refuse
 * ```
 *
 * @throws ConfigError, {@link Refusal}, {@link Unusable}, {@link TerraformFailed}
 */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrapResult> {
  const { bucket, env, voice } = options;
  const config = await readConfig(options);
  const binary = await findTerraform(env);
  const at = (stateInBucket: boolean, github?: GithubAccess): Terraform => {
    const directory = write({ bucket, region: config.region, stateInBucket, github });
    return new Terraform(binary, placeOf(BOOTSTRAP, directory), voice, env);
  };

  const before = await outputsInBucket(at, bucket);
  const github = githubAccess(options.github, rememberedIn(before ?? {}), config.stages.protected);
  const { changes, applied, declined } = await applyIfWanted(at(before !== undefined, github), options);
  if (before === undefined && !declined) {
    const kept = await moveStateIntoBucket(at(true, github));
    voice.say(`The state is in the bucket now; the file is kept as ${fromHere(kept)}.`);
  }
  const outputs = declined ? {} : await outputsOf(at(true, github));
  return {
    bucket,
    region: config.region,
    applied,
    declined,
    changes,
    roles: rolesIn(outputs),
    github: github ?? null,
    configLine: `terraform: { stateBucket: '${bucket}' },`,
  };
}

function write(props: BootstrapProps): string {
  const stack = `k3s-autoscaler-${BOOTSTRAP}`;
  return writeStack(stack, undefined, (app) => new BootstrapStack(app, stack, props));
}

/** Outputs of our state in the bucket; undefined where there is no bucket yet, or only half of one. */
async function outputsInBucket(
  at: (stateInBucket: boolean) => Terraform,
  bucket: string,
): Promise<Outputs | undefined> {
  const terraform = at(true);
  if (hasLocalState(terraform.place)) {
    refuseStateOfAnother(terraform.place, bucket);
    return undefined;
  }
  const { done, stderr } = await terraform.tryInit('-reconfigure');
  if (!done) {
    if (isNoSuchBucket(stderr)) return undefined;
    throw bucketOutOfReach(bucket, stderr);
  }
  const outputs = await outputsOf(terraform);
  if (outputs[OUTPUT.bucket] === bucket) return outputs;
  throw bucketNotOurs(bucket);
}

async function applyIfWanted(terraform: Terraform, { ask }: BootstrapOptions) {
  // What the data directory remembers is the state of the run before, on purpose another one.
  await terraform.init('-reconfigure');
  const plan = await makePlan(terraform);
  try {
    const wanted = !plan.changesAnything || (await ask({ summary: plan }));
    const applied = wanted && plan.changesAnything;
    if (applied) await applyPlan(terraform, plan.file);
    return { changes: plan.changes, applied, declined: !wanted };
  } finally {
    plan.discard();
  }
}

function rememberedIn(outputs: Outputs): GithubAccess | undefined {
  const text = outputs[OUTPUT.github];
  return typeof text === 'string' ? (JSON.parse(text) as GithubAccess) : undefined;
}

function rolesIn(outputs: Outputs): BootstrapResult['roles'] {
  const { [OUTPUT.pullRequestRole]: pullRequest, [OUTPUT.planRole]: plan, [OUTPUT.deployRole]: deploy } = outputs;
  if (typeof pullRequest !== 'string' || typeof plan !== 'string' || typeof deploy !== 'string') return null;
  return { pullRequest, plan, deploy };
}

/** An earlier run was cut short, and it was about another bucket. */
function refuseStateOfAnother(place: Place, bucket: string): void {
  const { localState } = place;
  const [made] = localResources(place)
    .filter(({ type }) => type === 'aws_s3_bucket')
    .map(({ instances }) => instances?.[0]?.attributes?.bucket);
  if (made === undefined || made === bucket) return;
  throw new Refusal('command line', '--bucket', {
    value: bucket,
    rule: `an earlier run began to make ${made}, and its state is still in ${fromHere(localState)}`,
    fix: `finish that one first: npm run bootstrap -- --bucket ${made}`,
  });
}
