import { Command } from 'commander';
import type { Exit } from './run';
import { chosen, type StageFlags, tell, withStage } from './stage-options';
import { EXIT } from './usage';

const HELP = `
The switch is in the state item, so it holds for a function that fails too. It needs dynamodb:UpdateItem on the stage's
table, which can be narrowed to the attribute \`paused\` (docs/security.md). A tick that runs just now may end its work.
Exit codes: 0 done, 1 AWS could not be reached or refused, 2 a flag or the configuration is wrong.`;

/** `pause`: nothing is launched or removed any more, until `resume`. */
export const pauseCommand = (exit: Exit): Command =>
  switchCommand('pause', 'launch and remove nothing any more, until resume', true, exit);

export const resumeCommand = (exit: Exit): Command =>
  switchCommand('resume', 'launch and remove again, after pause', false, exit);

function switchCommand(name: string, description: string, paused: boolean, exit: Exit): Command {
  return withStage(new Command(name).description(description), '{ stage, cluster, paused }')
    .addHelpText('after', HELP)
    .action(async (flags: StageFlags) => {
      const { setPaused } = await import('../operate/pause');
      const result = await setPaused(chosen(flags), paused);
      tell(flags.json, result, () => [
        `${result.stage}: ${paused ? 'paused; npm run resume undoes it' : 'resumed; the next tick acts'}`,
      ]);
      exit(EXIT.done);
    });
}
