import { RUNTIME } from '../../../src/infra/function';
import { missingControlPlane, prepareControlPlane } from './binary';
import { nodeFor } from './lambda/node-runtime';
import { prepareNodeExporter } from './node-exporter-program';
import { preparePrometheus } from './prometheus';

/** Before all end-to-end tests: the surroundings that every test of the project has, and the programs that take long. */
export default async function setup(): Promise<void> {
  const surroundings: () => Promise<void> = require('../../support/surroundings.cjs');
  await surroundings();
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  // One computes, the other loads. Whoever needs the function's Node asks for it again, and then says why there is none.
  const node = nodeFor(RUNTIME.runtime, log).catch(() => {});
  await prepareControlPlane(log);
  await node;
  if (missingControlPlane() !== undefined) return;
  preparePrometheus(log);
  await prepareNodeExporter(log);
}
