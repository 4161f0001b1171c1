import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildArtifact } from '../dev/build/bundle';

const USAGE = `Usage: npm run build -- [options]

Builds the Lambda function: dist/autoscaler/index.js, its source map, and dist/autoscaler.zip, the bytes to deploy.

  --json    one JSON document: { bundle, zip, bytes, sha256, zipSha256 }, paths relative to the working directory
  --quiet   say nothing unless it fails
  --help    this text
`;

/**
 * The command `build`.
 *
 * @param args the words after `build`
 * @returns the exit code: 0 done, 1 failed, 2 bad usage
 */
export async function runBuild(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`build: ${options}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const artifact = await buildArtifact({ outdir: 'dist/autoscaler' });
    const shown = { ...artifact, bundle: fromHere(artifact.bundle), zip: fromHere(artifact.zip) };
    if (options.json) process.stdout.write(`${JSON.stringify(shown)}\n`);
    else if (!options.quiet) process.stdout.write(`${describe(shown)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], options: { json: flag, quiet: flag, help: { ...flag, short: 'h' } } }).values;
  } catch (error) {
    return (error as Error).message;
  }
}

const fromHere = (file: string): string => path.relative(process.cwd(), file);

function describe({ bundle, zip, bytes, sha256, zipSha256 }: Awaited<ReturnType<typeof buildArtifact>>): string {
  return [`${bundle}  ${bytes} bytes  sha256 ${sha256}`, `${zip}  sha256 ${zipSha256}`].join('\n');
}
