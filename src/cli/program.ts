import { Command, CommanderError } from 'commander';
import { devCommand } from './dev';
import { simulateCommand } from './simulate';
import { EXIT, tellError } from './usage';

/** Commands that read their own words; loaded when they are asked for, because CDKTF and esbuild take a while. */
const OWN_WORDS: Record<string, { description: string; load: () => Promise<(args: string[]) => Promise<number>> }> = {
  build: {
    description: 'build the artifact: the bundle and the zip that are deployed',
    load: async () => (await import('./build')).runBuild,
  },
  synth: {
    description: 'synthesize the Terraform configuration of a stage, offline',
    load: async () => (await import('./synth')).runSynth,
  },
  docs: {
    description: 'write the reference of the configuration from its schema',
    load: async () => (await import('./docs')).runDocs,
  },
};

/**
 * Runs one command.
 *
 * @param args the words after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 bad usage, 130 interrupted
 */
export async function runCli(args: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = programFor((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return tellError(error, (text) => process.stderr.write(text));
  }
}

function programFor(exit: (code: number) => void): Command {
  const program = new Command('k3s-autoscaler')
    .description('Puts a K3s cluster on AWS and scales its workers from outside.')
    .helpCommand(false);
  program.addCommand(devCommand(exit)).addCommand(simulateCommand(exit));
  for (const [name, { description, load }] of Object.entries(OWN_WORDS)) {
    program
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async (_options: unknown, command: Command) => exit(await (await load())(command.args)));
  }
  for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('Try --help.');
  return program;
}
