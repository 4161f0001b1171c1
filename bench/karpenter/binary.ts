import { type BuildProgress, GoMissing, goProgram } from '../../src/dev/go-program';

/** Why Karpenter is left out: Go, or a module, is missing. */
export class KarpenterMissing extends Error {
  override readonly name = 'KarpenterMissing';
}

/**
 * The program with Karpenter's scheduler in it, out of the cache, or built into it.
 *
 * @param log where a line about what takes long goes
 * @throws {KarpenterMissing}
 */
export async function karpenterBinary(
  log: (line: string) => void,
  signal?: AbortSignal,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const program = {
    name: 'karpbench',
    directory: __dirname,
    flags: ['-ldflags=-s -w'],
    // One package at a time: the machine may have other things to do.
    ...(environment.GOFLAGS === undefined && { env: { GOFLAGS: '-p=1' } }),
  };
  try {
    return await goProgram(program, progressTo(log), environment, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof GoMissing) throw new KarpenterMissing(error.message);
    throw new KarpenterMissing(`it does not build here: ${(error as Error).message}`);
  }
}

const progressTo = (log: (line: string) => void): BuildProgress => ({
  started() {
    log('bench: building Karpenter’s scheduler; the first time that takes about three minutes and 420 MB of modules …');
  },
  compiled() {},
  ended(place) {
    log(`bench: built, and kept as ${place}`);
  },
});
