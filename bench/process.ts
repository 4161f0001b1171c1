import { execFile } from 'node:child_process';

/** The output of a program that ended well. @throws Error with the end of what it said where it did not */
export function outputOf(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (options.signal?.aborted) reject(error);
      else reject(new Error(shortened(stderr) || error.message));
    });
  });
}

/** A bundle's line may be all of the bundle. */
const shortened = (text: string): string =>
  text
    .trim()
    .split('\n')
    .slice(0, 8)
    .map((line) => line.slice(0, 200))
    .join('\n');
