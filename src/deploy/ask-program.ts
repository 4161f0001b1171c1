import { runChild } from './child';

interface Asked {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  /** The error where no such program is on `PATH`, or it may not be run. */
  absent: () => Error;
}

/**
 * What a program answers to a question that ends at once, as the one for its version.
 *
 * @throws what `absent` makes
 */
export async function askProgram(
  program: string,
  args: readonly string[],
  { env, signal, absent }: Asked,
): Promise<{ stdout: string; stderr: string }> {
  return runChild(program, args, { env, collect: { stdout: true, stderr: true }, signal }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error;
      throw absent();
    },
  );
}
