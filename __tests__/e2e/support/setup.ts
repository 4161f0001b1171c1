import { missingControlPlane, prepareControlPlane } from './binary';
import { prepareNodeExporter } from './node-exporter-program';
import { preparePrometheus } from './prometheus';

/** Before all end-to-end tests: the surroundings that every test of the project has, and the programs that take long. */
export default async function setup(): Promise<void> {
  const surroundings: () => Promise<void> = require('../../support/surroundings.cjs');
  await surroundings();
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  await prepareControlPlane(log);
  if (missingControlPlane() !== undefined) return;
  preparePrometheus(log);
  await prepareNodeExporter(log);
}
