import { arch, cpus, totalmem } from 'node:os';
import type { Bench } from './bench';
import { growthOf } from './growth';
import { GOAL } from './inputs/list';
import type { Result, Scored, Spread } from './result';

/** Markdown that reads well in a terminal too. */
export const tables = (bench: Bench): string =>
  [
    machine(bench),
    ...(bench.missing === undefined ? [] : [`**Karpenter was left out**: ${bench.missing}`]),
    section('Time and memory', timeTable(bench.results)),
    section('Plans', planTable(bench.results)),
    ...violationLines(bench.results),
    section('Growth', growth(bench.results)),
    section(
      'Goals',
      `\`npm run bench\` ends with exit code 1 where one is missed.\n\n${goalsTable(goalsOf(bench.results))}`,
    ),
  ].join('\n\n');

const section = (title: string, text: string): string => `## ${title}\n\n${text}`;

function machine({ rounds, results }: Bench): string {
  const [cpu] = cpus();
  const planners = [results[0]?.karpenter?.planner, `our planner on Node.js ${process.versions.node}`];
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${cpu?.model.trim() ?? arch()}, ${cpus().length} cores, ${memory} GiB, ${process.platform}; ` +
    `${planners.filter(Boolean).join(', ')}; ${rounds} rounds of \`npm run bench\`.`
  );
}

function timeTable(results: Result[]): string {
  const head = ['Input', 'Karpenter ms', 'ours ms', 'faster', 'ours, first run ms', 'CPU ms', 'less CPU', 'peak MiB'];
  const rows = results.map(({ name, karpenter, ours, faster }) => [
    name,
    karpenter ? range(karpenter.ms) : '–',
    range(ours.ms),
    faster ? `${times(faster.median)} (${times(faster.min)}–${times(faster.max)})` : '–',
    ours.coldMs ? range(ours.coldMs) : '–',
    pair(karpenter, ours, ({ cpuMs }) => ms(cpuMs)),
    karpenter ? times(karpenter.cpuMs / ours.cpuMs) : '–',
    pair(karpenter, ours, ({ maxRssMiB }) => maxRssMiB.toFixed(0)),
  ]);
  return `Median (least–most) of all runs of \`npm run bench\`; where two numbers are given, Karpenter / ours.\n\n${table(head, rows)}`;
}

function planTable(results: Result[]): string {
  const head = ['Input', 'new nodes', 'on existing', 'not placed', '$/h', 'least $/h', 'above least', 'violations'];
  const rows = results.map(({ name, karpenter, ours, lowerBound }) => [
    name,
    pair(karpenter, ours, ({ newNodes }) => String(newNodes)),
    pair(karpenter, ours, ({ podsOnExisting }) => String(podsOnExisting)),
    pair(karpenter, ours, ({ unscheduled }) => String(unscheduled)),
    pair(karpenter, ours, ({ price }) => price.min.toFixed(2)),
    lowerBound.toFixed(2),
    pair(karpenter, ours, ({ price }) => above(price.min, lowerBound)),
    pair(karpenter, ours, ({ violations }) => String(violations)),
  ]);
  return `What \`npm run bench\` has both plans verified to be.\n\n${table(head, rows)}`;
}

const pair = (karpenter: Scored | undefined, ours: Scored, text: (scored: Scored) => string): string =>
  karpenter ? `${text(karpenter)} / ${text(ours)}` : text(ours);

const above = (price: number, least: number): string =>
  least > 0 ? `${(100 * (price / least - 1)).toFixed(0)} %` : '–';

/** Which rules, and an example of each planner's. */
function violationLines(results: Result[]): string[] {
  const lines = results.flatMap(({ name, karpenter, ours }) =>
    [karpenter, ours].flatMap((scored) => {
      if (!scored || scored.violations === 0) return [];
      const rules = Object.entries(scored.rules).map(([rule, count]) => `${count} × ${rule}`);
      const rounds = scored.roundsViolated > 1 ? ` in ${scored.roundsViolated} rounds, at most` : '';
      return [`- ${name}, ${scored.planner}:${rounds} ${rules.join(', ')}; such as ${scored.examples[0]}`];
    }),
  );
  return lines.length > 0 ? [lines.join('\n')] : [];
}

function growth(results: Result[]): string {
  const rows = growthOf(results).map(({ types, pods, karpenter, ours }) => [
    String(types),
    String(pods),
    karpenter ? ms(karpenter.ms) : '–',
    slope(karpenter?.slope),
    ms(ours.ms),
    slope(ours.slope),
    '█'.repeat(Math.max(1, Math.round(ours.part * 30))),
  ]);
  const head = ['types', 'pods', 'Karpenter ms', 'slope', 'ours ms', 'slope', 'ours, drawn'];
  return `Without existing nodes; the slope is that of the logarithms from the row above: 1 is linear, 2 quadratic.\n\n${table(head, rows)}`;
}

const slope = (value: number | undefined): string => value?.toFixed(2) ?? '';

/** What is promised, and whether it is kept. */
export interface Goal {
  goal: string;
  kept: boolean;
  is: string;
}

/** What is promised of the planners, and whether these results keep it. */
export function goalsOf(results: Result[]): Goal[] {
  const goal = results.find(({ name }) => name === GOAL.input);
  const compared = results.flatMap((result) => (result.karpenter ? [{ ...result, karpenter: result.karpenter }] : []));
  const dearer = compared.filter(({ ours, karpenter }) => ours.price.max > karpenter.price.min * (1 + ROUNDING));
  const wrong = results.filter(({ ours }) => ours.violations > 0);
  const unplaced = results.filter(({ ours }) => ours.unscheduled > 0);
  return [
    ...(goal
      ? [
          {
            goal: `less than ${GOAL.ms} ms for ${GOAL.input}`,
            kept: goal.ours.ms.median < GOAL.ms,
            is: `${ms(goal.ours.ms.median)} ms`,
          },
        ]
      : []),
    ...(goal?.faster
      ? [
          {
            goal: `${GOAL.faster} times as fast as Karpenter for ${GOAL.input}`,
            kept: goal.faster.median >= GOAL.faster,
            is: times(goal.faster.median),
          },
        ]
      : []),
    ...(compared.length > 0
      ? [{ goal: 'on no input dearer than Karpenter', kept: dearer.length === 0, is: namesOf(dearer) }]
      : []),
    { goal: 'no pod left over on any input', kept: unplaced.length === 0, is: namesOf(unplaced) },
    { goal: 'no violation on any input', kept: wrong.length === 0, is: namesOf(wrong) },
  ];
}

/** Prices are sums of floating point numbers in different orders. */
const ROUNDING = 1e-9;

const namesOf = (results: Result[]): string =>
  results.length === 0 ? 'none' : results.map(({ name }) => name).join(', ');

export const goalsTable = (goals: Goal[]): string =>
  table(
    ['Goal', 'is', ''],
    goals.map(({ goal, is, kept }) => [goal, is, kept ? 'kept' : '**missed**']),
  );

const range = ({ min, median, max }: Spread): string => `${ms(median)} (${ms(min)}–${ms(max)})`;

const times = (value: number): string => `${value.toPrecision(value < 10 ? 2 : 3)}×`;

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, i) =>
    Math.max(3, ...[title, ...rows.map((row) => row[i] ?? '')].map((t) => t.length)),
  );
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
