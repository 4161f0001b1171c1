import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readStage, type StageOptions, writeStage } from '../infra/synth';
import { START } from '../world/scenario/types';
import { type Claim, claimAtEqualPrices } from './claim';
import { COMPUTE_AS_OF, SPOT } from './compute-prices';
import { type MonthlyCost, monthlyUsd } from './plan-costs';
import { type NoSaving, type PlayedRun, type Saving, savingOf } from './saving';
import { type Share, sharesOf } from './shares';
import { stackResources } from './stack-resources';
import { billedMs, QUIET_TICK, type Usage } from './usage';

/** What `cost --json` prints. Dollars, months of 730 hours. */
export interface CostDocument {
  stage: string;
  region: string;
  /** Of the instances' prices; each other price has its own date in `src/cost/prices.ts`. */
  pricesAsOf: string;
  monthly: MonthlyCost;
  shares: Share[];
  tick: { billedMs: number; memoryMb: number; from: string };
  /** What spot is taken to cost, as a share of the on-demand price: an assumption, beside what was seen. */
  spot: typeof SPOT;
  /** Of each run that was given. */
  savings: (Saving | NoSaving)[];
  claim: Claim;
}

const FROM = 'estimated out of scenarios/quiet.yaml and the share of a core at that memory; none was timed on AWS';

/**
 * What a stage costs, from the Terraform that its configuration makes.
 *
 * @param runs as `simulate --json` printed them
 * @param tickMs a tick's billed duration, measured on AWS
 * @throws ConfigError for a bad stage or configuration
 */
export async function costOfStage(
  options: StageOptions,
  runs: readonly PlayedRun[],
  tickMs: number | undefined,
): Promise<CostDocument> {
  const chosen = await readStage(options);
  const { region, function: lambda } = chosen.config;
  const usage: Usage = tickMs === undefined ? QUIET_TICK : { ...QUIET_TICK, tickBilledMs: tickMs };
  const out = mkdtempSync(path.join(tmpdir(), 'k3s-autoscaler-cost-'));
  try {
    const { directory } = await writeStage(chosen, options.root, out);
    const monthly = monthlyUsd(stackResources(directory), region, usage);
    const shares = sharesOf(monthly);
    return {
      stage: chosen.stage,
      region,
      pricesAsOf: COMPUTE_AS_OF,
      monthly,
      shares,
      tick: {
        billedMs: billedMs(usage, lambda.memoryMb),
        memoryMb: lambda.memoryMb,
        from: tickMs === undefined ? FROM : 'as --tick-ms says',
      },
      spot: SPOT,
      savings: runs.map((run) => savingOf(run, standingOf(shares), START)),
      claim: claimAtEqualPrices(),
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const standingOf = (shares: readonly Share[]) => {
  const of = (name: Share['name']): number => shares.find((share) => share.name === name)?.usd ?? 0;
  return { serverUsd: of('server'), autoscalerUsd: of('autoscaler') };
};
