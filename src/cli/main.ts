import { runCli } from './program';

/** The program: `npm run <command>` starts it through `scripts/launch.mjs`. */
runCli(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
