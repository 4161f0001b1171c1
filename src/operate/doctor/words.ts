import { grouped } from '../../autoscaler/grouped';
import { wrap } from '../../dev/text';
import type { Diagnosis } from './doctor';
import { type Finding, LEVELS, type Level, type When } from './finding';

/** As wide as a terminal is at least. */
const WIDTH = 80;
/** Columns of the level, in front of everything. */
const MARGIN = 9;
const LABEL = 'rule:  '.length;

const HEADINGS: Record<When, string> = {
  before: 'What a deploy needs',
  after: 'What is deployed',
  always: 'What may have been left over',
};

/** For people, in lines of 80 columns; only a word that is longer makes a longer one. */
export function inWords({ stage, cluster, region, account, deployed, counts, findings }: Diagnosis): string[] {
  const state = deployed === null ? 'deployed or not is unknown' : deployed ? 'deployed' : 'not deployed';
  const title = `${stage}: ${cluster} in ${region}, ${account === null ? 'no account' : `account ${account}`}, ${state}`;
  const sections = (Object.keys(HEADINGS) as When[]).flatMap((when) => {
    const own = findings.filter((each) => each.when === when);
    return own.length === 0 ? [] : ['', HEADINGS[when], ...together(own).flatMap(lines)];
  });
  return [...wrap(title, WIDTH, 0), ...sections, '', summary(counts)];
}

/** What was skipped for one and the same reason, as one. */
function together(findings: readonly Finding[]): Finding[] {
  const groups = [...grouped(findings, ({ level, value }) => (level === 'skipped' ? value : Symbol())).values()];
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const [what, ...more] = group.map(({ check }) => check);
    return [{ ...first, check: [what, ...more].join(', '), what: first.value ?? '', value: null }];
  });
}

function summary(counts: Record<Level, number>): string {
  const some = LEVELS.filter((level) => counts[level] > 0);
  const isCounted = (level: Level) => (level === 'problem' || level === 'warning') && counts[level] > 1;
  return some.map((level) => `${counts[level]} ${level}${isCounted(level) ? 's' : ''}`).join(', ');
}

function lines({ level, check, what, value, rule, fix, command }: Finding): string[] {
  const text = `${check}: ${what}${value === null ? '' : `: ${value}`}`;
  return [
    ...hung(level.padEnd(MARGIN), text, MARGIN + 2),
    ...labelled('rule:', rule),
    ...labelled('fix:', fix),
    ...pasted(command),
  ];
}

const labelled = (label: string, text: string | null): string[] =>
  text === null ? [] : hung(' '.repeat(MARGIN) + label.padEnd(LABEL), text, MARGIN + LABEL);

/** A command that takes several lines still is one for whoever pastes it. */
function pasted(command: string | null): string[] {
  if (command === null) return [];
  const all = hung(' '.repeat(MARGIN) + 'run:'.padEnd(LABEL), command, MARGIN + LABEL, WIDTH - ' \\'.length);
  return all.map((line, index) => (index < all.length - 1 ? `${line} \\` : line));
}

/** A text behind its head, the later lines below its beginning. */
function hung(head: string, text: string, indent: number, width = WIDTH): string[] {
  const [first = '', ...more] = wrap(text, width, indent);
  return [head + first.trimStart(), ...more];
}
