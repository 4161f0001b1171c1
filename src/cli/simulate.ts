import { Command } from 'commander';
import type { Exit } from './run';
import { wholeNumber } from './usage';

export interface SimulateOptions {
  html?: string;
  json?: true;
  seed?: number;
}

/** `simulate FILE…`: plays scenarios as fast as they go and reports; the exit code tells whether all expectations held. */
export function simulateCommand(exit: Exit): Command {
  return new Command('simulate')
    .description('play scenario files against the artifact in a simulated AWS and K3s, and report')
    .argument('<file...>', 'scenario files (YAML); all are checked before the first is played')
    .option('--seed <n>', "another seed than the files' own", wholeNumber('--seed'))
    .option('--json', 'one JSON document on stdout: a report, or an array of them for several files')
    .option('--html <file>', 'the run as one HTML file, to be looked at tick by tick; of one scenario file')
    .addHelpText('after', '\nExit codes: 0 all expectations hold, 1 one does not, 2 a flag or a file is wrong.')
    .action(async (files: string[], options: SimulateOptions) =>
      exit(await (await import('./simulate-run')).simulate(files, options)),
    );
}
