import { runCli } from './program';

/** The SDK's word on its future needs of Node.js: its version is pinned, and this one does with Node.js 20. */
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** The program: `npm run <command>` starts it through `scripts/launch.mjs`. */
runCli(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
