import { prepareControlPlane } from './binary';

/** Before all end-to-end tests: the surroundings that every test of the project has, and the control plane built. */
export default async function setup(): Promise<void> {
  const surroundings: () => Promise<void> = require('../../support/surroundings.cjs');
  await surroundings();
  await prepareControlPlane((line) => process.stderr.write(`${line}\n`));
}
