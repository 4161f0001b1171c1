import path from 'node:path';
import { App } from '#cdk';
import { loadConfigFile } from '../config/load';
import { resolveStage } from '../config/stage';
import { currentArtifact } from './artifact';
import { AutoscalerStack } from './stack';

export interface SynthOptions {
  /** The checkout. */
  root: string;
  stage?: string | undefined;
  /** Default: `autoscaler.config.ts` of the checkout. */
  configFile?: string | undefined;
  /** Default: cdktf's own, `CDKTF_OUTDIR` or `cdktf.out`. */
  outdir?: string | undefined;
}

export interface Synthesized {
  stage: string;
  stack: string;
  /** Directory of `cdk.tf.json`. */
  directory: string;
}

/**
 * Writes the Terraform of one stage.
 *
 * @throws ConfigError for a bad stage or configuration
 */
export async function synthesize(options: SynthOptions): Promise<Synthesized> {
  const stage = resolveStage({ flag: options.stage, env: process.env.STAGE });
  const config = await loadConfigFile(options.configFile ?? path.join(options.root, 'autoscaler.config.ts'));
  const zip = await currentArtifact(options.root);
  const app = new App(options.outdir === undefined ? {} : { outdir: options.outdir });
  const stack = `k3s-autoscaler-${stage}`;
  new AutoscalerStack(app, stack, { stage, config, zip });
  app.synth();
  return { stage, stack, directory: path.join(app.outdir, 'stacks', stack) };
}
