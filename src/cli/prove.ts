import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { PARTS, type Part } from '../proof/parts';
import type { WireTools } from '../proof/tasks';
import { untilInterrupted } from './interrupt';
import type { Exit } from './run';
import { EXIT, UsageError, wholeNumber } from './usage';

interface ProveOptions {
  part?: Part | 'mutations';
  seed?: number;
  case?: string;
  json?: true;
}

const PAGE = path.resolve(__dirname, '../../docs/safety.md');
const PROCESSES = 2;

/** `prove`: kills, delays, breaks and soaks the controller in the simulated world, and mutates it to see that it shows. */
export function proveCommand(exit: Exit): Command {
  return new Command('prove')
    .description('prove the protocol in the simulated world, at full size, and write the tables of docs/safety.md')
    .addOption(new Option('--part <name>', 'this part alone, and write nothing').choices([...PARTS, 'mutations']))
    .option(
      '--seed <n>',
      'with --part interleavings, live or wire, or --case: replay it alone, with its trace',
      wholeNumber('--seed'),
    )
    .option('--case <name>', 'with --part crash, faults or live: the case to replay, as a finding names it')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing was violated and every mutation was caught, 1 not so, 2 a flag is wrong.',
    )
    .action(async (options: ProveOptions) => exit(await (isReplay(options) ? again(options) : proveAll(options))));
}

const isReplay = ({ part, seed, case: name }: ProveOptions): boolean =>
  name !== undefined || (SEEDED.has(part) && seed !== undefined);

/** Parts that are seeds from 1 up. */
const SEEDED: ReadonlySet<ProveOptions['part']> = new Set(['interleavings', 'live', 'wire']);

async function again({ part, seed = 1, case: name, json }: ProveOptions): Promise<number> {
  if (part === undefined || part === 'mutations' || part === 'soak') {
    throw new UsageError(`prove: --case ${name}: say which part it is of: --part crash or --part faults`);
  }
  // Loaded when it is asked for: other commands have no use for it.
  const { replay } = await import('../proof/replay');
  const replayed = await replay(part, seed, name, await toolsFor(part));
  if (!replayed)
    throw new UsageError(
      `prove: --case ${name}: there is no such case in part ${part} with seed ${seed}; copy it from a finding`,
    );
  const { violations, trace } = replayed;
  if (json) process.stdout.write(`${JSON.stringify(replayed, null, 2)}\n`);
  else
    process.stdout.write(
      `${[...trace, '', ...(violations.length > 0 ? violations.map(told) : ['nothing is violated'])].join('\n')}\n`,
    );
  return violations.length === 0 ? EXIT.done : EXIT.failed;
}

async function proveAll({ part, seed = 1, json }: ProveOptions): Promise<number> {
  const { isProven, prove } = await import('../proof/prove');
  const { tables, withTables } = await import('../proof/safety-page');
  return untilInterrupted(async (signal) => {
    const tools = await toolsFor(part);
    const proof = await prove({
      parts: part === undefined ? PARTS : part === 'mutations' ? [] : [part],
      mutations: part === undefined || part === 'mutations',
      seed,
      processes: PROCESSES,
      ...(tools && { tools }),
      signal,
      onProgress: (what, done, of) => process.stderr.write(`${what}: ${done} of ${of}\n`),
    });
    if (json) process.stdout.write(`${JSON.stringify(proof, null, 2)}\n`);
    else
      process.stdout.write(
        `${[tables(proof), ...proof.findings.map(toldWithReplay), `${proof.seconds} s`].join('\n')}\n`,
      );
    if (part === undefined) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), proof));
    return isProven(proof) ? EXIT.done : EXIT.failed;
  });
}

/** What runs over the wire is the artifact, with a real Prometheus. */
async function toolsFor(part: ProveOptions['part']): Promise<WireTools | undefined> {
  if (part !== undefined && part !== 'wire' && part !== 'mutations') return undefined;
  const { setUp } = await import('./setup');
  const { artifact, prometheus } = await setUp((line) => process.stderr.write(`${line}\n`));
  return { bundle: artifact.bundle, prometheus: prometheus.path };
}

const told = ({ invariant, detail }: { invariant: string; detail: string }): string => `${invariant}: ${detail}`;

const toldWithReplay = (finding: { invariant: string; detail: string; replay: string }): string =>
  `${told(finding)}\n  again: npm run prove -- ${finding.replay}`;
