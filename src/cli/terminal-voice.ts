import { createInterface } from 'node:readline';
import { Interrupted } from '../deploy/errors';
import type { Voice } from '../deploy/terraform';
import { UsageError } from './usage';

/** People read stderr, programs stdout. https://no-color.org: set and not empty. */
export const voice = (): Voice => ({
  say: (line) => void process.stderr.write(`${line}\n`),
  color: process.stderr.isTTY === true && !process.env.NO_COLOR,
});

/**
 * Nobody is there to answer a question: then the answer must be on the command line.
 *
 * @throws {UsageError}
 */
export function needYes(command: string, yes: boolean | undefined, why: string): void {
  if (yes || process.stdin.isTTY === true) return;
  throw new UsageError(
    `${command}: stdin is not a terminal, so nobody can be asked ${why}: write --yes if you mean it`,
  );
}

export interface Streams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/**
 * Asks on stderr. Only the expected word is a yes; anything else and the end of the input are a no.
 *
 * @param expected `yes`, or the name of what is to be destroyed
 * @throws {Interrupted} at Ctrl-C
 */
export function confirmed(
  question: string,
  expected: string,
  { input, output }: Streams = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  const reader = createInterface({ input, output });
  return new Promise((resolve, reject) => {
    const end = (answer: boolean) => {
      resolve(answer);
      reader.close();
    };
    reader.once('SIGINT', () => {
      reject(new Interrupted('Interrupted; nothing was changed.'));
      reader.close();
    });
    reader.once('close', () => resolve(false));
    reader.question(`${question} Write ${expected} to go on: `, (answer) => end(answer.trim() === expected));
  });
}
