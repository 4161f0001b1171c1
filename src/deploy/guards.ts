import { readFileSync } from 'node:fs';
import path from 'node:path';
import { unreadable } from '../config/given-file';
import { nearest } from '../config/nearest';
import { localStateFile } from '../infra/names';
import type { Stage } from '../infra/synth';
import { Refusal } from './errors';
import { fromHere } from './from-here';
import { hasLocalState } from './local-state';
import type { Place } from './place';

/** What is refused before Terraform is asked. */

/** @throws {Refusal} */
export function refuseProtected({ stage, config, source }: Stage): void {
  if (!config.stages.protected.includes(stage)) return;
  throw new Refusal(source, 'stages.protected', {
    value: config.stages.protected,
    rule: `stage ${stage} is protected: it is not destroyed`,
    fix: `take '${stage}' out of the list and deploy once, which also lets go of its table and its data volume; then destroy`,
  });
}

const isCi = ({ CI }: NodeJS.ProcessEnv): boolean => !['', '0', 'false'].includes((CI ?? '').toLowerCase());

/**
 * A runner of CI is thrown away, and a state in a file with it: the next run would make everything a second time.
 *
 * @throws {Refusal}
 */
export function refuseLocalStateInCi({ stage, config, source }: Stage, env: NodeJS.ProcessEnv): void {
  if (config.terraform.stateBucket !== undefined || !isCi(env)) return;
  throw new Refusal(source, 'terraform.stateBucket', {
    value: undefined,
    rule: `in CI (the environment has CI=${env.CI}) the state must outlive the machine, but it would be ${localStateFile(stage)}`,
    fix: 'make a bucket once by `npm run bootstrap -- --bucket NAME`, and name it there',
  });
}

const LOGS = ['TF_LOG', 'TF_LOG_CORE', 'TF_LOG_PROVIDER', 'TF_LOG_PROVIDER_AWS'];
/** Terraform takes every word that it does not know for TRACE. */
const QUIET = /^(off|error|warn|info)?$/i;

/**
 * The log of the AWS provider holds what SSM answers when it refreshes a parameter: the tokens, decrypted. A person may
 * want it on a terminal; in CI it would be kept and read by others.
 *
 * @throws {Refusal}
 */
export function refuseTokensInLogOfCi(env: NodeJS.ProcessEnv): void {
  const name = LOGS.find((each) => !QUIET.test(env[each] ?? ''));
  if (name === undefined || !isCi(env)) return;
  throw new Refusal('environment', name, {
    value: env[name],
    rule: 'in CI must not make Terraform log requests: the answers hold decrypted tokens',
    fix: `unset ${name}, or set it to INFO`,
  });
}

/**
 * The state of a first try is still in its file while the configuration names a bucket: going on would make everything a
 * second time.
 *
 * @throws {Refusal}
 */
export function refuseForgottenState({ stage, config, source }: Stage, place: Place): void {
  if (config.terraform.stateBucket === undefined || !hasLocalState(place)) return;
  throw new Refusal(source, 'terraform.stateBucket', {
    value: config.terraform.stateBucket,
    rule: `the state of stage ${stage} is still in ${fromHere(place.localState)}`,
    fix: `move it into the bucket by \`npm run deploy -- --stage ${stage} --move-state\`, or delete the file if nothing of it exists`,
  });
}

interface StackJson {
  resource?: { aws_instance?: Record<string, unknown> };
}

/**
 * The flag that replaces one instance of Terraform's: the only way in which the server or a base worker is replaced,
 * because a new image or another script is ignored.
 *
 * @param name `server` or `base-<n>`
 * @throws {Refusal} where the stage has no such instance
 */
export function replaceFlag({ directory }: Place, name: string): string {
  const { resource } = JSON.parse(readFileSync(path.join(directory, 'cdk.tf.json'), 'utf8')) as StackJson;
  const known = Object.keys(resource?.aws_instance ?? {}).sort();
  if (known.includes(name)) return `-replace=aws_instance.${name}`;
  const meant = nearest(name, known);
  throw new Refusal('command line', '--replace', {
    value: name,
    rule: `must be one of ${known.join(', ')}`,
    fix: meant === undefined ? 'name one of them' : `did you mean ${meant}?`,
  });
}

/** @throws {Refusal} */
export function refuseUnreadablePlan(file: string, flag: '--plan' | '--saved'): void {
  const why = unreadable(file);
  if (why === undefined) return;
  throw new Refusal('command line', flag, {
    value: file,
    rule: `must be a file that \`npm run plan -- --out FILE\` wrote: ${why}`,
    fix: 'make one, and name it',
  });
}
