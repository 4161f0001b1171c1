import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Artifact, buildArtifact } from '../../src/dev/build/bundle';
import { findPrometheus } from '../../src/dev/prometheus/find';
import { play, type Recording } from '../../src/world/play';
import { type Report, reportOf } from '../../src/world/report/report';
import { readScenario } from '../../src/world/scenario/parse';

/** Black box: the built artifact against the world's servers; all that is expected stands in the scenario files. */

const ROOT = path.resolve(__dirname, '../..');

/** Scenario files of a folder, by their paths from the root. */
export const filesIn = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(folder, name));

export interface Run {
  recording: Recording;
  report: Report;
}

/** For a test file: call it where its tests are declared. */
export function runner(): { run(file: string): Promise<Run>; runOnce(file: string): Promise<Run> } {
  let artifact: Artifact;
  let prometheus: string;
  /** Several tests look at one run: it is played once. */
  const runs = new Map<string, Promise<Run>>();

  beforeAll(async () => {
    artifact = await buildArtifact({ outdir: 'dist/autoscaler' });
    prometheus = (await findPrometheus((line) => process.stderr.write(`${line}\n`))).path;
  });

  const run = async (file: string): Promise<Run> => {
    const recording = await play(readScenario(path.join(ROOT, file)), { bundle: artifact.bundle, prometheus });
    return { recording, report: reportOf(recording, { sha256: artifact.sha256 }) };
  };
  const runOnce = (file: string): Promise<Run> => {
    const found = runs.get(file) ?? run(file);
    runs.set(file, found);
    return found;
  };
  return { run, runOnce };
}

/** Expectations that fail, with what the report holds; none is what every scenario wants. */
export const failures = ({ expectations }: Report): unknown[] => expectations.filter(({ pass }) => !pass);

/** What people are told in the cluster, by its reason; and about whom. */
export const eventsOf = ({ told }: Recording, reason: string) => told.events.filter((event) => event.reason === reason);
export const about = (event: Recording['told']['events'][number]) => event.involvedObject as Record<string, string>;
