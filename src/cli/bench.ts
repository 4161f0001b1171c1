import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { untilInterrupted } from './interrupt';
import type { Exit } from './run';
import { EXIT, UsageError, wholeNumber } from './usage';

interface BenchOptions {
  rounds: number;
  quick?: true;
  only?: string[];
  write?: true;
  json?: true;
  reload?: true;
  handOver?: true;
  backtest?: true;
}

/** Enough for a 95th percentile. */
const SAVES = 100;
const TICKS = 40;
const WEEKS = 5;

const PAGE = path.resolve(__dirname, '../../docs/benchmarks.md');

/** `bench`: our planner and Karpenter's on the same inputs, side by side, and both plans verified. */
export function benchCommand(exit: Exit): Command {
  return new Command('bench')
    .description("time our planner and Karpenter's scheduler on the same inputs, and verify both their plans")
    .option('--rounds <n>', 'how often each planner has its turn on each input', wholeNumber('--rounds'), 3)
    .option('--quick', 'a few small inputs')
    .option('--only <input...>', 'these inputs alone, as the tables name them')
    .option('--write', 'write the tables into docs/benchmarks.md')
    .option('--reload', `instead, how fast \`dev\` reloads: ${SAVES} saves in a copy of this checkout; 3 minutes`)
    .option('--hand-over', `instead, what \`dev --live\` adds to a tick: ${TICKS} ticks without and with it; 2 minutes`)
    .option('--backtest', `instead, how long \`backtest\` takes for a week: ${WEEKS} times; a minute`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nKarpenter needs Go; without it our planner runs alone, and that is said.' +
        '\nExit codes: 0 every goal is kept, 1 one is missed, 2 a flag is wrong.',
    )
    .action(async (options: BenchOptions) => exit(await chosen(options)(options)));
}

function chosen(options: BenchOptions): (options: BenchOptions) => Promise<number> {
  const instead = Object.entries(INSTEAD).filter(([name]) => options[name as keyof typeof INSTEAD]);
  const [first, second] = instead.map(([, { flag }]) => flag);
  if (second) throw new UsageError(`${first} and ${second}: one at a time, each wants the machine`);
  const { quick, only, write } = options;
  if (first && (quick || only || write))
    throw new UsageError(`${first}: has no inputs and no page; leave out the other flags`);
  return instead[0]?.[1].run ?? runBench;
}

async function runBench({ rounds, quick, only, write, json }: BenchOptions): Promise<number> {
  if (rounds === 0) throw new UsageError('--rounds 0: nothing would be measured; write it like --rounds 3');
  if (write && (quick || only))
    throw new UsageError('--write: the page shows all inputs; leave out --quick and --only');
  // Loaded when it is asked for: other commands have no use for it.
  const { bench } = await import('../../bench/bench');
  const { inputs } = await import('../../bench/inputs/list');
  const { goalsOf, tables } = await import('../../bench/tables');
  const known = inputs().map(({ name }) => name);
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--only ${unknown}: there is no such input; there are ${known.join(', ')}`);

  return untilInterrupted(async (signal) => {
    const log = (line: string) => process.stderr.write(`${line}\n`);
    const result = await bench({ rounds, quick: quick === true, ...(only && { only }), log, signal });
    const goals = goalsOf(result.results);
    process.stdout.write(json ? `${JSON.stringify({ ...result, goals }, null, 2)}\n` : `${tables(result)}\n`);
    if (write) await writePage(tables(result));
    return goals.every(({ kept }) => kept) ? EXIT.done : EXIT.failed;
  });
}

async function runReload({ json }: BenchOptions): Promise<number> {
  const { benchReload } = await import('../../bench/reload');
  const { keepsReloadGoal, reloadTable } = await import('../../bench/reload-table');
  const { setUp } = await import('./setup');
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const { artifact, prometheus } = await setUp(log);
  return untilInterrupted(async (signal) => {
    const options = { saves: SAVES, bundle: artifact.bundle, prometheus: prometheus.path, log, signal };
    const measures = await benchReload(options);
    process.stdout.write(json ? `${JSON.stringify(measures, null, 2)}\n` : `${reloadTable(measures)}\n`);
    return keepsReloadGoal(measures) ? EXIT.done : EXIT.failed;
  });
}

async function runHandOver({ json }: BenchOptions): Promise<number> {
  const { benchHandOver } = await import('../../bench/hand-over');
  const { millisecondsTable } = await import('../../bench/milliseconds');
  const { setUp } = await import('./setup');
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const { artifact, prometheus } = await setUp(log);
  return untilInterrupted(async (signal) => {
    const options = { ticks: TICKS, bundle: artifact.bundle, prometheus: prometheus.path, log, signal };
    const measures = await benchHandOver(options);
    const rows = [
      ['a tick without a laptop', measures.alone],
      ['a tick that a laptop planned', measures.handedOver],
    ] as const;
    process.stdout.write(json ? `${JSON.stringify(measures, null, 2)}\n` : `${millisecondsTable(rows)}\n`);
    return EXIT.done;
  });
}

async function runBacktest({ json }: BenchOptions): Promise<number> {
  const { benchBacktest, weekGoals } = await import('../../bench/backtest/backtest');
  const { millisecondsTable } = await import('../../bench/milliseconds');
  const { goalsTable } = await import('../../bench/tables');
  const log = (line: string) => process.stderr.write(`${line}\n`);
  return untilInterrupted(async (signal) => {
    const times = await benchBacktest({ rounds: WEEKS, log, signal });
    const goals = weekGoals(times);
    const table = () => millisecondsTable([['a week at 15 s, twenty nodes, three policies', times]]);
    process.stdout.write(
      json ? `${JSON.stringify({ week: times, goals }, null, 2)}\n` : `${table()}\n\n${goalsTable(goals)}\n`,
    );
    return goals.every(({ kept }) => kept) ? EXIT.done : EXIT.failed;
  });
}

/** What is measured in the place of the planners. */
const INSTEAD = {
  reload: { flag: '--reload', run: runReload },
  handOver: { flag: '--hand-over', run: runHandOver },
  backtest: { flag: '--backtest', run: runBacktest },
};

async function writePage(text: string): Promise<void> {
  const { withTables } = await import('../../bench/page');
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), text));
}
