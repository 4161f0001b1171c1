import { Command } from 'commander';
import { backtestCommand } from './backtest';
import { benchCommand } from './bench';
import { bootstrapCommand } from './bootstrap';
import { costCommand } from './cost';
import { deployCommand } from './deploy';
import { destroyCommand } from './destroy';
import { devCommand } from './dev';
import { doctorCommand } from './doctor';
import { explainCommand } from './explain';
import { forwardCommand } from './forward';
import { keepPlanCommand } from './keep-plan';
import { pauseCommand, resumeCommand } from './pause';
import { planCommand } from './plan';
import { proveCommand } from './prove';
import { replayCommand } from './replay';
import { reportCommand } from './report';
import { type Exit, run } from './run';
import { simulateCommand } from './simulate';
import { synthCommand } from './synth';
import { tickCommand } from './tick';

/** Commands that read their own words; loaded when they are asked for, because esbuild takes a while. */
const OWN_WORDS: Record<string, { description: string; load: () => Promise<(args: string[]) => Promise<number>> }> = {
  build: {
    description: 'build the artifact: the bundle and the zip that are deployed',
    load: async () => (await import('./build')).runBuild,
  },
  docs: {
    description: 'write the reference of the configuration from its schema',
    load: async () => (await import('./docs')).runDocs,
  },
};

const COMMANDS = [
  devCommand,
  simulateCommand,
  explainCommand,
  replayCommand,
  synthCommand,
  planCommand,
  keepPlanCommand,
  reportCommand,
  deployCommand,
  destroyCommand,
  costCommand,
  backtestCommand,
  bootstrapCommand,
  doctorCommand,
  proveCommand,
  benchCommand,
  tickCommand,
  pauseCommand,
  resumeCommand,
  forwardCommand,
];

/**
 * Runs one command.
 *
 * @param args the words after the program's name
 * @returns the exit code: 0 done, 1 failed, 2 bad usage, 130 interrupted
 */
export const runCli = (args: readonly string[]): Promise<number> => run(programFor, args);

export function programFor(exit: Exit): Command {
  const program = new Command('k3s-autoscaler')
    .description('Puts a K3s cluster on AWS and scales its workers from outside.')
    .helpCommand(false);
  for (const command of COMMANDS) program.addCommand(command(exit));
  for (const [name, { description, load }] of Object.entries(OWN_WORDS)) {
    program
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async (_options: unknown, command: Command) => exit(await (await load())(command.args)));
  }
  return program;
}
