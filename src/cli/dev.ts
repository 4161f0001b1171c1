import { Command } from 'commander';
import type { Exit } from './run';
import { positiveNumber, wholeNumber } from './usage';

/** A virtual minute in a second: fast enough to wait for, slow enough to read. */
export const DEFAULT_SPEED = 60;

export interface DevOptions {
  scenario?: string;
  speed?: number;
  once?: true;
  json?: true;
  seed?: number;
  live?: true;
  shadow?: true;
  stage?: string;
  config?: string;
  export?: string;
}

/** `dev`: the simulated world with the artifact in it, told line by line. */
export function devCommand(exit: Exit): Command {
  return new Command('dev')
    .description('start a simulated AWS and K3s on this machine and watch the artifact scale it')
    .option('--scenario <file>', 'the scenario to play (default: the tour, scenarios/tour.yaml)')
    .option('--speed <n>', `virtual seconds in a second (default: ${DEFAULT_SPEED})`, positiveNumber('--speed'))
    .option('--once', 'as fast as it goes, then exit 0 or 1 by the expectations; so it is without a terminal')
    .option('--seed <n>', "another seed than the scenario's own", wholeNumber('--seed'))
    .option('--json', 'one JSON document a line: started, tick, world …, report; of a stage: attached, planned …')
    .option('--live', 'attach to a deployed stage: this checkout plans, the deployed function observes and acts')
    .option('--shadow', 'attach to a deployed stage: the function plans and acts as always, both plans are compared')
    .option('--stage <name>', "with --live or --shadow: the stage; default: the environment's STAGE, else dev-<user>")
    .option('--config <file>', 'with --live or --shadow: the configuration; default: autoscaler.config.ts')
    .option('--export <file>', 'with --live or --shadow: keep the last snapshot there, for replay --file')
    .addHelpText(
      'after',
      '\nExit codes: 0 all expectations hold, 1 one does not, 2 a flag or a file is wrong, 130 Ctrl-C.',
    )
    .action(async (options: DevOptions) => exit(await (await import('./dev-run')).dev(options)));
}
