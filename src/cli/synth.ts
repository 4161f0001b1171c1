import { Command } from 'commander';
import { fromHere } from '../deploy/from-here';
import { type Exit, run } from './run';
import { ROOT, type StageFlags, tell, withStage } from './stage-options';
import { EXIT } from './usage';

interface SynthFlags extends StageFlags {
  out?: string;
}

/** `synth`: the Terraform of a stage. */
export function synthCommand(exit: Exit): Command {
  const command = new Command('synth').description(
    'write the Terraform of a stage to cdktf.out; needs no network and no AWS account',
  );
  return withStage(command, '{ stage, stack, directory }')
    .option('--out <dir>', 'default: CDKTF_OUTDIR, else cdktf.out')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 a flag or the configuration is wrong.')
    .action(async (flags: SynthFlags) => exit(await synth(flags)));
}

/** The same by itself: CDKTF's entry (`main.ts`) has no other commands. */
export const runSynth = (args: readonly string[]): Promise<number> => run(synthCommand, args);

async function synth({ stage, config, out, json }: SynthFlags): Promise<number> {
  // CDKTF takes a while to load, and --help needs none of it.
  const { synthesize } = await import('../infra/synth');
  const done = await synthesize({ root: ROOT, stage, configFile: config, outdir: out });
  tell(json, done, () => [`${done.stack}: ${fromHere(done.directory)}`]);
  return EXIT.done;
}
