import { Command } from 'commander';
import { play } from '../world/play';
import { readableReport } from '../world/report/readable';
import { type Report, reportOf } from '../world/report/report';
import { readScenario } from '../world/scenario/parse';
import { untilInterrupted } from './interrupt';
import type { Exit } from './run';
import { setUp } from './setup';
import { writeView } from './simulate-html';
import { EXIT, UsageError, wholeNumber } from './usage';
import { refuseUnwritable } from './writable';

interface SimulateOptions {
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
    .action(async (files: string[], options: SimulateOptions) => exit(await simulate(files, options)));
}

async function simulate(files: string[], options: SimulateOptions): Promise<number> {
  const { html } = options;
  if (html !== undefined) {
    if (files.length > 1)
      throw new UsageError(`--html ${html}: is of one run; give one scenario file, not ${files.length}`);
    // Better now than after a minute of playing.
    refuseUnwritable(html);
  }
  const scenarios = files.map(readScenario);
  const { artifact, prometheus } = await setUp((line) => process.stderr.write(`${line}\n`));
  return untilInterrupted(async (signal) => {
    const reports: Report[] = [];
    for (const scenario of scenarios) {
      const seed = options.seed === undefined ? {} : { seed: options.seed };
      const how = { bundle: artifact.bundle, prometheus: prometheus.path, signal, ...seed };
      const recording = await play(scenario, { ...how, pictures: html !== undefined });
      const report = reportOf(recording, { sha256: artifact.sha256 });
      reports.push(report);
      if (!options.json) process.stdout.write(`${readableReport(report)}\n`);
      if (html !== undefined) await writeView(html, recording, artifact);
    }
    if (options.json) process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`);
    return reports.every(allPass) ? EXIT.done : EXIT.failed;
  });
}

const allPass = ({ expectations }: Report): boolean => expectations.every(({ pass }) => pass);
