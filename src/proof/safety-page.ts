import { ATTACKS } from './crash-matrix';
import { INVARIANTS } from './judge/violation';
import type { Proof } from './prove';
import { SCENARIOS } from './scenarios';

const BEGIN = '<!-- What follows is written by `npm run prove`. -->';
const END = '<!-- End of what `npm run prove` writes. -->';

/** The page with the tables of this proof in their place. @throws where the page has no place for them */
export function withTables(page: string, proof: Proof): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) {
    throw new Error(`docs/safety.md has no lines "${BEGIN}" and "${END}" between which the tables go; put them back`);
  }
  return `${page.slice(0, from + BEGIN.length)}\n\n${tables(proof)}\n${page.slice(to)}`;
}

/** For the page and for the terminal. */
export const tables = (proof: Proof): string =>
  [invariants, crash, interleavings, faults, live, soak, wire, mutants]
    .map((section) => section(proof))
    .filter((section) => section !== '')
    .join('\n');

const table = (head: string[], rows: (string | number)[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const number = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');

function invariants({ findings }: Proof): string {
  const counts = (name: string): number => findings.filter(({ invariant }) => invariant === name).length;
  const rows = Object.entries(INVARIANTS).map(([name, text]) => [`\`${name}\``, text, counts(name)]);
  return `## What must never happen\n\n${table(['Invariant', 'Violated by', 'Times'], rows)}\n`;
}

function crash({ parts }: Proof): string {
  const { tried, failed } = parts.crash ?? {};
  if (!tried || !failed) return '';
  const attacks = Object.keys(ATTACKS);
  const rows = SCENARIOS.map(({ name, what }) => [
    name,
    what,
    tried[`${name}/calls`] ?? 0,
    ...attacks.map((attack) => {
      const all = tried[`${name}/${attack}`] ?? 0;
      return `${all - (failed[`${name}/${attack}`] ?? 0)} of ${all}`;
    }),
  ]);
  return `## Crash matrix\n\nEvery call of each scenario, attacked in turn; how many of how many ended well.\n\n${table(['Scenario', 'What happens', 'Calls', ...attacks], rows)}\n`;
}

function interleavings({ parts }: Proof): string {
  const { tried, failed } = parts.interleavings ?? {};
  if (!tried || !failed) return '';
  const row = ['schedules', 'invocations', 'calls', 'freeze', 'kill', 'late'].map((key) => number(tried[key] ?? 0));
  const head = [
    'Schedules',
    'Invocations',
    'Calls',
    'Sandboxes frozen',
    'Sandboxes killed',
    'Answers too late',
    'Schedules that failed',
  ];
  return `## Interleavings\n\n${table(head, [[...row, number(failed.schedules ?? 0)]])}\n`;
}

function faults({ parts }: Proof): string {
  const { tried, failed } = parts.faults ?? {};
  if (!tried || !failed) return '';
  const rows = ['alone', 'in pairs'].map((kind) => [kind, tried[kind] ?? 0, failed[kind] ?? 0]);
  return `## Faults\n\n${table(['Faults', 'Runs', 'Failed'], rows)}\n`;
}

function live({ parts }: Proof): string {
  const { tried, failed } = parts.live ?? {};
  if (!tried || !failed) return '';
  const row = ['schedules', 'invocations', 'handed over', 'honest', 'harmed', 'attacks'].map((key) =>
    number(tried[key] ?? 0),
  );
  const head = [
    'Schedules with a laptop',
    'Invocations',
    'Snapshots handed over',
    'Honest plans done',
    'Other plans done, that nothing forbids',
    'Attacks on calls of the mailbox',
    'Schedules and attacks that failed',
  ];
  const bad = ['schedules', 'stories', 'attacks'].reduce((sum, key) => sum + (failed[key] ?? 0), 0);
  return `## A laptop attached\n\n${table(head, [[...row, number(bad)]])}\n`;
}

function soak({ soak: facts }: Proof): string {
  if (!facts) return '';
  const { ticks, launches, removals, interruptions, faults: broken, kills, stateBytes } = facts;
  const head = [
    'Days',
    'Ticks',
    'Launched',
    'Removed',
    'Spot interruptions',
    'Faults',
    'Deaths',
    'State item after each day, bytes',
  ];
  const row = [
    stateBytes.length,
    ...[ticks, launches, removals, interruptions, broken, kills].map(number),
    stateBytes.join(', '),
  ];
  return `## Soak\n\n${table(head, [row])}\n`;
}

function wire({ parts }: Proof): string {
  const { tried, failed } = parts.wire ?? {};
  if (!tried || !failed) return '';
  const row = [...['runs', 'invocations', 'calls'].map((key) => number(tried[key] ?? 0)), number(failed.runs ?? 0)];
  return `## Over the wire\n\n${table(['Runs', 'Invocations', 'Calls', 'Runs that failed'], [row])}\n`;
}

function mutants({ mutants: tried }: Proof): string {
  if (tried.length === 0) return '';
  const rows = tried.map(({ name, why, part, caughtBy }) => [
    name,
    why,
    part,
    caughtBy.map((invariant) => `\`${invariant}\``).join(', ') || '**missed**',
  ]);
  return `## Mutations\n\nOne line of the protocol made wrong on purpose.\n\n${table(['Mutation', 'So that', 'Part', 'Caught by'], rows)}\n`;
}
