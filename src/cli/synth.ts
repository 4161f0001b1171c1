import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/errors';
import { synthesize } from '../infra/synth';

const USAGE = `Usage: npm run synth -- [options]

Writes the Terraform of one stage to cdktf.out; needs no network and no AWS account.

  --stage NAME   the stage, by default the environment's STAGE, else dev-<user>
  --config FILE  by default autoscaler.config.ts
  --out DIR      by default cdktf.out
  --json         one JSON document: { stage, stack, directory }
  --help         this text
`;

const ROOT = path.resolve(__dirname, '../..');

/**
 * The command `synth`.
 *
 * @param args the words after `synth`
 * @returns the exit code: 0 done, 1 failed, 2 bad usage or configuration
 */
export async function runSynth(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`synth: ${options}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const done = await synthesize({
      root: ROOT,
      stage: options.stage,
      configFile: options.config,
      outdir: options.out,
    });
    process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : `${done.stack}: ${done.directory}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ConfigError ? error.exitCode : 1;
  }
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { stage: text, config: text, out: text, json: flag, help: { ...flag, short: 'h' } },
    }).values;
  } catch (error) {
    return (error as Error).message;
  }
}
