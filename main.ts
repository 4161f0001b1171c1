import { runSynth } from './src/cli/synth';

/** CDKTF's entry (`cdktf.json`): one stack for the stage that `STAGE` or `--stage` names. */
runSynth(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
