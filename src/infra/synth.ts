import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { App } from '#cdk';
import { ConfigError } from '../config/errors';
import { loadConfigFile } from '../config/load';
import type { ResolvedConfig } from '../config/resolve';
import { resolveStage } from '../config/stage';
import { currentArtifact } from './artifact';
import { BOOTSTRAP } from './backend';
import { AutoscalerStack } from './stack';

export interface StageOptions {
  /** The checkout. */
  root: string;
  /** Default: the environment's `STAGE`, else `dev-<user>`. */
  stage?: string | undefined;
  /** Default: `autoscaler.config.ts` of the checkout. */
  configFile?: string | undefined;
}

export interface Stage {
  stage: string;
  config: ResolvedConfig;
  /** The configuration's file, as errors name it. */
  source: string;
}

export interface Synthesized {
  stage: string;
  stack: string;
  /** Absolute; holds `cdk.tf.json`. */
  directory: string;
}

const fileOf = ({ root, configFile }: Pick<StageOptions, 'root' | 'configFile'>): string =>
  configFile ?? path.join(root, 'autoscaler.config.ts');

/** @throws ConfigError for a bad configuration */
export const readConfig = (options: Pick<StageOptions, 'root' | 'configFile'>): Promise<ResolvedConfig> =>
  loadConfigFile(fileOf(options));

/**
 * Which stage, and its configuration; nothing is written yet.
 *
 * @throws ConfigError for a bad stage or configuration
 */
export async function readStage(options: StageOptions): Promise<Stage> {
  const stage = resolveStage({ flag: options.stage, env: process.env.STAGE });
  if (stage === BOOTSTRAP) {
    throw new ConfigError(options.stage === undefined ? 'STAGE' : '--stage', [
      {
        keys: ['stage'],
        value: stage,
        rule: 'is taken: the state bucket keeps its own state under this name',
        fix: 'give the stage another name',
      },
    ]);
  }
  const file = fileOf(options);
  return { stage, config: await loadConfigFile(file), source: path.relative('', file) };
}

/**
 * Writes one stack.
 *
 * @param outdir default: cdktf's own, `CDKTF_OUTDIR` or `cdktf.out` of the working directory
 * @returns the directory of its `cdk.tf.json`, absolute
 * @throws ConfigError where that directory cannot be
 */
export function writeStack(stack: string, outdir: string | undefined, build: (app: App) => void): string {
  const out = path.resolve(outdir ?? process.env.CDKTF_OUTDIR ?? 'cdktf.out');
  makeFolder(out, outdir === undefined ? 'CDKTF_OUTDIR' : '--out');
  // What write-only values need (src/infra/parameters.ts). cdktf never asks; cdktn checks it when it synthesizes.
  const app = new App({ outdir: out, context: { targetVersions: { terraform: '>=1.11' } } });
  build(app);
  app.synth();
  return path.join(out, 'stacks', stack);
}

function makeFolder(out: string, source: string): void {
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    const rule = `must be a directory, or one that can be made: ${(error as Error).message}`;
    throw new ConfigError(source, [{ keys: ['outdir'], value: out, rule, fix: 'name another, or leave it out' }]);
  }
}

/** Writes the Terraform of a stage. */
export async function writeStage(
  { stage, config }: Omit<Stage, 'source'>,
  root: string,
  outdir?: string,
): Promise<Synthesized> {
  const zip = await currentArtifact(root);
  const stack = `k3s-autoscaler-${stage}`;
  const directory = writeStack(stack, outdir, (app) => new AutoscalerStack(app, stack, { stage, config, zip, root }));
  return { stage, stack, directory };
}

/**
 * Reads the configuration and writes the Terraform of one stage.
 *
 * @throws ConfigError for a bad stage or configuration
 */
export async function synthesize(options: StageOptions & { outdir?: string | undefined }): Promise<Synthesized> {
  return writeStage(await readStage(options), options.root, options.outdir);
}
