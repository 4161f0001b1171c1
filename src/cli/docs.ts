import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { referencePage } from '../config/reference-page';

const USAGE = `Usage: npm run docs -- [options]

Writes docs/configuration.md from the schema of the configuration.

  --check  write nothing; fail when the file is not current
  --json   one JSON document: { file, current }
  --help   this text
`;

const FILE = 'docs/configuration.md';
const ROOT = path.resolve(__dirname, '../..');

function written(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * The command `docs`.
 *
 * @param args the words after `docs`
 * @returns the exit code: 0 done or current, 1 not current, 2 bad usage
 */
export async function runDocs(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`docs: ${options}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const file = path.join(ROOT, FILE);
  const page = referencePage();
  const current = written(file) === page;
  if (!current && !options.check) writeFileSync(file, page);
  if (options.json) process.stdout.write(`${JSON.stringify({ file: FILE, current })}\n`);
  else if (current) process.stdout.write(`${FILE} is current\n`);
  else if (options.check) process.stderr.write(`${FILE} is not current; run \`npm run docs\` and commit it\n`);
  else process.stdout.write(`${FILE} is written\n`);
  return options.check && !current ? 1 : 0;
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ args: [...args], options: { check: flag, json: flag, help: { ...flag, short: 'h' } } }).values;
  } catch (error) {
    return (error as Error).message;
  }
}
