import { endWithLauncher, isLauncherGone } from './launcher';
import { runCli } from './program';
import { letReaderGo } from './reader';
import { EXIT } from './usage';

/** The SDK's word on its future needs of Node.js: its version is pinned, and this one does with Node.js 20. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** The program: `npm run <command>` starts it through `scripts/launch.mjs`. */
endWithLauncher();
letReaderGo();
runCli(process.argv.slice(2)).then((code) => {
  // Whoever asked for it is gone: it was not done, even where it ended as after a Ctrl-C that is no failure.
  process.exitCode = isLauncherGone() ? code || EXIT.failed : code;
});
