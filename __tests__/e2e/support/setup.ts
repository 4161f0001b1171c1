import { RUNTIME } from '../../../src/infra/function';
import { missingControlPlane, prepareControlPlane } from './binary';
import { prepareNode } from './lambda/node-runtime';
import { prepareNodeExporter } from './node-exporter-program';
import { preparePrometheus } from './prometheus';

/** Before all end-to-end tests: the surroundings that every test of the project has, and the programs that take long. */
export default async function setup(): Promise<void> {
  const surroundings: () => Promise<void> = require('../../support/surroundings.cjs');
  await surroundings();
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  // One computes, the other loads.
  await Promise.all([prepareControlPlane(log), prepareNode(RUNTIME.runtime, log)]);
  if (missingControlPlane() !== undefined) return;
  preparePrometheus(log);
  await prepareNodeExporter(log);
}
