/** How a command ends when the user, and not the program, is to put something right. */

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** A word or a value on the command line that cannot be. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = EXIT.usage;
}

/** What the machine lacks: no Prometheus, or sources that do not build. Its message says how to put it right. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly exitCode = EXIT.failed;
}

/** Errors of files and flags carry the exit code; their message is all there is to say, and no stack belongs to it. */
export function userExitCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('exitCode' in error)) return undefined;
  return typeof error.exitCode === 'number' ? error.exitCode : undefined;
}

/** Says what went wrong on stderr; the exit code for it. */
export function tellError(error: unknown, write: (text: string) => void): number {
  const code = userExitCode(error);
  if (code !== undefined) {
    write(`${(error as Error).message}\n`);
    return code;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  write(`${stack}\nThis is a bug in the program: please report it with the lines above.\n`);
  return EXIT.failed;
}

/** For a commander option. @throws {UsageError} */
export function wholeNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new UsageError(`${flag} ${text}: must be a whole number, 0 or more; write it like ${flag} 7`);
  };
}

/** For a commander option. @throws {UsageError} */
export function positiveNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isFinite(value) && value > 0) return value;
    throw new UsageError(`${flag} ${text}: must be a number above 0; write it like ${flag} 60`);
  };
}
