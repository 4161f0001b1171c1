import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import type { Measurement } from '../measurement';
import { outputOf } from '../process';
import type { BenchPlan } from '../schema';
import type { Measured } from './measure';

const RUNS = 5;

/** Bundles what measures, as the artifact is bundled: no transpiler is in the process that is measured. */
export async function bundleMeasure(directory: string): Promise<string> {
  const outfile = path.join(directory, 'measure.js');
  await build({
    entryPoints: [path.join(__dirname, 'measure.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    logLevel: 'silent',
  });
  return outfile;
}

/** One fresh process of our planner, started as plain `node`. */
export async function runOurs(
  bundle: string,
  input: string,
  planFile: string,
  signal: AbortSignal,
): Promise<Measurement> {
  const out = await outputOf(process.execPath, [bundle, input, String(RUNS), planFile], {
    env: { ...process.env, NODE_OPTIONS: '' },
    signal,
  });
  const { coldMs, runsMs, cpuMs, maxRssMiB } = JSON.parse(out) as Measured;
  const plan = JSON.parse(await readFile(planFile, 'utf8')) as BenchPlan;
  return { planner: 'k3s-autoscaler', runsMs, coldMs, cpuMs, maxRssMiB, plan };
}
