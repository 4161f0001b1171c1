import { Command } from 'commander';
import type { Exit } from './run';
import { ROOT, type StageFlags, tell, withStage } from './stage-options';
import { EXIT, positiveNumber } from './usage';

interface CostFlags extends StageFlags {
  run?: string;
  tickMs?: number;
}

/** `cost`: what a stage costs a month, and what a run saved. */
export function costCommand(exit: Exit): Command {
  const command = new Command('cost').description(
    'what a stage costs a month while nothing happens, and what a played run saved; needs no network and no AWS account',
  );
  return withStage(
    command,
    '{ stage, region, pricesAsOf, monthly: { usd, lines: [{ address, what, usd }], unpriced: [string] }, ' +
      'shares: [{ name, usd }], tick: { billedMs, memoryMb, from }, spot: { share, seen, asOf }, savings: [{ name, hours, nodeHours, ' +
      'staticNodeHours, usd, staticUsd, ofWorkers, ofAll } or { name, why }], claim: { beforeUsd, after: [{ burstHoursADay, usd, percent }] } }; ' +
      'dollars, and percent where something is saved',
  )
    .option('--run <file>', 'what simulate --json printed: its saving against its own peak all the time')
    .option('--tick-ms <n>', "a tick's billed duration as Lambda's REPORT line tells it", positiveNumber('--tick-ms'))
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 a flag, the file or the configuration is wrong.')
    .action(async (flags: CostFlags) => exit(await cost(flags)));
}

async function cost({ stage, config, json, run, tickMs }: CostFlags): Promise<number> {
  const { readPlayedRuns } = await import('../cost/played-runs');
  const runs = run === undefined ? [] : readPlayedRuns(run);
  // CDKTF takes a while to load, and a wrong file needs none of it.
  const { costOfStage } = await import('../cost/cost');
  const { readableCost } = await import('../cost/readable');
  const document = await costOfStage({ root: ROOT, stage, configFile: config }, runs, tickMs);
  tell(json, document, () => readableCost(document));
  return EXIT.done;
}
