import { type Command, CommanderError } from 'commander';
import { EXIT, tellError } from './usage';

/** Tells the exit code of a command that has come to its end. */
export type Exit = (code: number) => void;

/**
 * Parses and runs.
 *
 * @param args the words after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 bad usage, 130 interrupted
 */
export async function run(make: (exit: Exit) => Command, args: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = make((result) => {
    code = result;
  });
  for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('Try --help.');
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return tellError(error, (text) => process.stderr.write(text));
  }
}
