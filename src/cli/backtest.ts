import path from 'node:path';
import { Command } from 'commander';
import type { Answers } from '../backtest/answers';
import { faultOf, inWords, type NodeNames, namesIn, OWN_NAMES } from '../backtest/node-names';
import { type Range, stepsIn } from '../backtest/range';
import { DURATION_RULE, parseDuration } from '../config/durations';
import { untilInterrupted } from './interrupt';
import type { Exit } from './run';
import { ROOT, tell } from './stage-options';
import { EXIT, UsageError } from './usage';
import { refuseUnwritable, writeHtml } from './writable';

interface BacktestFlags {
  prometheus?: string;
  file?: string;
  from?: string;
  to?: string;
  step: string;
  workers?: string;
  servers?: string;
  config?: string;
  html?: string;
  json?: true;
}

/** More would not fit into memory: a year at half a minute. */
const MOST_STEPS = 1_100_000;

/** `backtest`: what other policies would have cost and kept waiting. */
export function backtestCommand(exit: Exit): Command {
  return new Command('backtest')
    .description(
      'replay what a Prometheus saw of a cluster under the configuration, the reference matrix and a static fleet',
    )
    .option('--prometheus <url>', 'its address; npm run forward shows the one of a stage')
    .option('--file <file>', 'an export in its place (docs/backtest.md)')
    .option('--from <time>', 'ISO 8601, like 2026-01-05T00:00:00Z; default: where the file begins')
    .option('--to <time>', 'the same; default: where the file ends')
    .option('--step <duration>', 'between two points', '15s')
    .option(
      '--workers <regex>',
      `names of the Nodes that are workers; default: ${OWN_NAMES.workers}, or what the file was asked for with`,
      nodePattern('--workers'),
    )
    .option(
      '--servers <regex>',
      `names of the Nodes whose pods are no work for workers; default: ${OWN_NAMES.servers}, or as the file`,
      nodePattern('--servers'),
    )
    .option('--config <file>', 'the configuration; default: autoscaler.config.ts')
    .option('--html <file>', 'the courses as one HTML file')
    .option(
      '--json',
      'one JSON document on stdout: { from, to, stepSeconds, steps, usableSteps, findings: [{ code, meaning, count, first, ' +
        'last, of, share }], policies: [{ policy, what, costUsd, pendingPodSeconds, nodes: { mean, peak }, launches, removals, ' +
        'directionChanges }] }',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the data cannot be had or too little of it is usable, 2 a flag, the file or the configuration is wrong.',
    )
    .action(async (flags: BacktestFlags) => exit(await run(flags)));
}

async function run(flags: BacktestFlags): Promise<number> {
  const wanted = wantedOf(flags);
  if (flags.html !== undefined) refuseUnwritable('--html', flags.html);
  const { loadConfigFile } = await import('../config/load');
  const { toRuntimeConfig } = await import('../config/convert');
  const resolved = await loadConfigFile(flags.config ?? path.join(ROOT, 'autoscaler.config.ts'));
  const config = toRuntimeConfig(resolved, { cluster: 'replayed' });
  return untilInterrupted(async (signal) => {
    const { answers, range } = await read(wanted, signal);
    const { backtest } = await import('../backtest/backtest');
    const done = backtest(answers, range, config);
    if (flags.html !== undefined) {
      const { plotOf } = await import('../backtest/plot');
      writeHtml(flags.html, await plotOf(done));
    }
    const { readableBacktest } = await import('../backtest/readable');
    tell(flags.json, done.document, () => readableBacktest(done.document));
    return EXIT.done;
  });
}

interface Wanted {
  source: { url: URL } | { file: string };
  from: number | undefined;
  to: number | undefined;
  stepMs: number;
  names: Partial<NodeNames>;
}

/** For a commander option. @throws {UsageError} */
function nodePattern(flag: string): (text: string) => string {
  return (text) => {
    const fault = faultOf(text);
    if (fault === undefined) return text;
    throw new UsageError(
      `${flag} ${text}: must be a regular expression for names of Nodes, as Prometheus reads and anchors it: ${fault}; ` +
        `write it like ${flag} 'ip-10-0-1-.*'`,
    );
  };
}

/** @throws {UsageError} for flags that contradict each other or cannot be */
function wantedOf({ prometheus, file, from, to, step, workers, servers }: BacktestFlags): Wanted {
  if ((prometheus === undefined) === (file === undefined)) {
    throw new UsageError('backtest: takes either --prometheus or --file; give one of them');
  }
  const stepMs = parseDuration(step);
  if (stepMs === undefined || stepMs === 0) {
    throw new UsageError(`--step ${step}: must be ${DURATION_RULE}, above 0; write it like --step 15s`);
  }
  const times = { from: timeOf('--from', from), to: timeOf('--to', to), stepMs };
  const names = { ...(workers !== undefined && { workers }), ...(servers !== undefined && { servers }) };
  if (file !== undefined) return { source: { file }, ...times, names };
  if (times.from === undefined || times.to === undefined) {
    throw new UsageError('--prometheus: needs a range; give --from and --to, like --from 2026-01-05T00:00:00Z');
  }
  checked({ from: times.from, to: times.to, stepMs });
  return { source: { url: urlOf(prometheus ?? '') }, ...times, names };
}

async function read(
  { source, from, to, stepMs, names }: Wanted,
  signal: AbortSignal,
): Promise<{ answers: Answers; range: Range }> {
  if ('url' in source) {
    const { readPrometheus } = await import('../backtest/read-prometheus');
    const range = { from: from as number, to: to as number, stepMs };
    return { answers: await readPrometheus(source.url, range, { ...OWN_NAMES, ...names }, signal), range };
  }
  const { readExport } = await import('../backtest/read-export');
  const { extentOf } = await import('../backtest/answers');
  const answers = readExport(source.file);
  refuseOtherNames(answers, names, source.file);
  const extent = extentOf(answers);
  if (!extent)
    throw new UsageError(`--file ${source.file}: must hold points; it has none at all. Export a range that has data`);
  return { answers, range: checked({ from: from ?? extent.from, to: to ?? extent.to, stepMs }) };
}

/** The answers of a file are sums: by which names they were asked for cannot be changed any more. */
function refuseOtherNames(answers: Answers, wanted: Partial<NodeNames>, file: string): void {
  const told = namesIn(answers);
  if (told.length <= 1 && told.every((names) => inWords({ ...names, ...wanted }) === inWords(names))) return;
  throw new UsageError(
    `--file ${file}: was asked for with ${told.map(inWords).join(' and ')}, and must have been with one pair, that of the ` +
      'flags; leave the flags out, or export again with yours (docs/backtest.md, "From another cluster")',
  );
}

function checked(range: Range): Range {
  const words = `--from ${new Date(range.from).toISOString()} --to ${new Date(range.to).toISOString()}`;
  if (!(range.from < range.to))
    throw new UsageError(`${words}: must be a range that begins before it ends; change one of them`);
  const steps = stepsIn(range);
  if (steps <= MOST_STEPS) return range;
  throw new UsageError(`${words}: must be at most ${MOST_STEPS} steps, and is ${steps}; give a longer --step`);
}

/** With a zone, or two machines would read two times. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

function timeOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new UsageError(
      `${flag} ${text}: must be a time with its zone, as ISO 8601 has it; write it like ${flag} 2026-01-05T00:00:00Z`,
    );
  }
  return at;
}

function urlOf(text: string): URL {
  if (/^https?:/.test(text) && URL.canParse(text)) return new URL(text);
  throw new UsageError(
    `--prometheus ${text}: must be an http or https address; write it like --prometheus http://127.0.0.1:9090`,
  );
}
