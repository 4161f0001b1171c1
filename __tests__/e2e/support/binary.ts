import path from 'node:path';
import { type BuildProgress, GoMissing, type GoProgram, goProgram } from '../../../src/dev/go-program';
import { HandedOn } from './handed-on';

/** The Kubernetes that go.mod names; without it the components would call themselves `v0.0.0-master`. */
const KUBERNETES = 'v1.36.3';
const [MAJOR, MINOR] = KUBERNETES.slice(1).split('.') as [string, string];

const PROGRAM: GoProgram = {
  name: 'control-plane',
  directory: path.resolve(__dirname, '../control-plane'),
  flags: [
    '-trimpath',
    `-ldflags=-s -w ${[
      ['gitVersion', KUBERNETES],
      ['gitMajor', MAJOR],
      ['gitMinor', MINOR],
    ]
      .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
      .join(' ')}`,
  ],
  env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOTOOLCHAIN: 'local' },
};

const CONTROL_PLANE = new HandedOn('E2E_CONTROL_PLANE');

/**
 * Builds the control plane where the cache has none, once for a whole run of Jest: its workers inherit where it is, or
 * why there is none.
 *
 * @param log where a line goes now and then while it is built
 * @throws Error when it does not compile, which is a mistake in it and nothing that the machine lacks
 */
export async function prepareControlPlane(log: (line: string) => void): Promise<void> {
  try {
    CONTROL_PLANE.isAt(await goProgram(PROGRAM, progressTo(log)));
  } catch (error) {
    if (!(error instanceof GoMissing)) throw error;
    CONTROL_PLANE.lacks(`the control plane cannot be built: ${error.message}`, log);
  }
}

/** Why there is no control plane, for `itOrSkip`; undefined when there is one. */
export const missingControlPlane = CONTROL_PLANE.missing;

/** Path of the program with all components in it. @throws Error when it was not built */
export const controlPlaneProgram = (): string => CONTROL_PLANE.path();

const EVERY_MS = 20_000;

function progressTo(log: (line: string) => void): BuildProgress {
  const begun = Date.now();
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  let packages = 0;
  let toldAt = begun;
  return {
    started(all) {
      packages = all;
      log(`end to end: building the control plane (${all} packages); the first time that takes 5 to 15 minutes …`);
    },
    compiled(done) {
      if (Date.now() - toldAt < EVERY_MS) return;
      toldAt = Date.now();
      log(`end to end: ${done} of ${packages} packages after ${seconds()} …`);
    },
    ended(place) {
      log(`end to end: built in ${seconds()}, and kept as ${place}`);
    },
  };
}
