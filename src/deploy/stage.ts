import { readStage, type Stage, type StageOptions, writeStage } from '../infra/synth';
import { findTerraform } from './binary';
import { fromHere } from './from-here';
import { refuseForgottenState, refuseLocalStateInCi, refuseTokensInLogOfCi } from './guards';
import { hasLocalState } from './local-state';
import { moveStateIntoBucket } from './move-state';
import { placeOf } from './place';
import { Terraform, type Voice } from './terraform';

export interface OpenOptions extends StageOptions {
  env: NodeJS.ProcessEnv;
  voice: Voice;
  /** Moves the state of a first try into the bucket. */
  moveState?: boolean | undefined;
  /** Refuses by configuration, before anything is written or asked. */
  check?: (stage: Stage) => void;
}

export interface OpenStage extends Stage {
  terraform: Terraform;
}

/**
 * A stage that is synthesized and ready to be planned.
 *
 * @throws ConfigError, {@link Refusal}, {@link Unusable}, {@link TerraformFailed}
 */
export async function openStage(options: OpenOptions): Promise<OpenStage> {
  const { root, env, voice, moveState, check } = options;
  const chosen = await readStage(options);
  check?.(chosen);
  refuseLocalStateInCi(chosen, env);
  refuseTokensInLogOfCi(env);
  const binary = await findTerraform(env);
  const { directory } = await writeStage(chosen, root);
  const place = placeOf(chosen.stage, directory);
  const terraform = new Terraform(binary, place, voice, env);
  if (moveState && chosen.config.terraform.stateBucket !== undefined && hasLocalState(place)) {
    voice.say(`The state is in the bucket now; the file is kept as ${fromHere(await moveStateIntoBucket(terraform))}.`);
  } else {
    refuseForgottenState(chosen, place);
    await terraform.init();
  }
  return { ...chosen, terraform };
}
