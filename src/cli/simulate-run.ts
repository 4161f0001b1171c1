import { play } from '../world/play';
import { readableReport } from '../world/report/readable';
import { type Report, reportOf } from '../world/report/report';
import { readScenario } from '../world/scenario/parse';
import { untilInterrupted } from './interrupt';
import { setUp } from './setup';
import type { SimulateOptions } from './simulate';
import { writeView } from './simulate-html';
import { EXIT, UsageError } from './usage';
import { refuseUnwritable } from './writable';

/** What `simulate` does, loaded when it is asked for: the whole world is behind it. */
export async function simulate(files: string[], options: SimulateOptions): Promise<number> {
  const { html } = options;
  if (html !== undefined) {
    if (files.length > 1)
      throw new UsageError(`--html ${html}: is of one run; give one scenario file, not ${files.length}`);
    // Better now than after a minute of playing.
    refuseUnwritable('--html', html);
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
