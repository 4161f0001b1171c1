import { type Artifact, buildArtifact } from '../dev/build/bundle';
import { type FoundPrometheus, findPrometheus } from '../dev/prometheus/find';
import { SetupError } from './usage';

export interface Setup {
  artifact: Artifact;
  prometheus: FoundPrometheus;
}

/**
 * What a run of the world needs: the artifact of the sources as they are now (building takes less than a second, so it
 * is never guessed whether it is needed) and a Prometheus.
 *
 * @param log where a line about what takes long goes
 * @throws {SetupError} that says what is missing and how to get it
 */
export async function setUp(log: (line: string) => void): Promise<Setup> {
  const [artifact, prometheus] = await Promise.all([
    buildArtifact({ outdir: 'dist/autoscaler' }).catch(asSetupError('The artifact does not build')),
    findPrometheus(log).catch(asSetupError('Prometheus is needed')),
  ]);
  return { artifact, prometheus };
}

const asSetupError = (what: string) => (error: unknown) => {
  throw new SetupError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
};
