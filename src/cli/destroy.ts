import { Command } from 'commander';
import type { Exit } from './run';
import { chosen, type StageFlags, TERRAFORM_HELP, tell, withStage } from './stage-options';
import { confirmed, needYes } from './terminal-voice';
import { EXIT } from './usage';

interface DestroyFlags extends StageFlags {
  yes?: true;
}

/** `destroy`: removes a stage and everything in it. */
export function destroyCommand(exit: Exit): Command {
  const command = new Command('destroy').description(
    'destroy a stage with all its nodes and data; protected stages refuse',
  );
  return withStage(command, '{ stage, applied, changes: { add, change, destroy, replace, forget, import, move } }')
    .option('--yes', 'do not ask; needed where stdin is no terminal')
    .addHelpText('after', TERRAFORM_HELP)
    .action(async (flags: DestroyFlags) => exit(await destroy(flags)));
}

async function destroy(flags: DestroyFlags): Promise<number> {
  needYes('destroy', flags.yes, 'whether to destroy the stage');
  const { destroyStage } = await import('../deploy/deploy');
  const { declined, ...result } = await destroyStage({
    ...chosen(flags),
    ask: async ({ stage, summary }) =>
      flags.yes === true ||
      confirmed(`Stage ${stage} with all its nodes and data: ${summary.changes.destroy} to destroy.`, stage),
  });
  const { destroy: count } = result.changes;
  const done = count === 0 ? 'there was nothing to destroy' : `destroyed; resources: ${count}`;
  tell(flags.json, result, () => [`${result.stage}: ${declined ? 'nothing was changed' : done}`]);
  return declined ? EXIT.failed : EXIT.done;
}
