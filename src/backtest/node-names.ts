import type { Answers } from './answers';
import { DataRefused } from './errors';
import type { Range } from './range';

/** Which Nodes are which, by name: regular expressions as Prometheus anchors them. */
export interface NodeNames {
  /** Those that policies launch and remove, or would. */
  workers: string;
  /** Those whose pods no worker has to carry. */
  servers: string;
}

/** As this project names its own (`src/autoscaler/names.ts`). */
export const OWN_NAMES: NodeNames = { workers: 'worker-.*', servers: 'server-.*' };

/**
 * Why a text is no pattern for names of Nodes; undefined: it is one. Prometheus reads it as RE2 and JavaScript does not, so
 * only what both read alike is taken (https://github.com/google/re2/wiki/Syntax), which is more than such names ask for.
 */
export function faultOf(pattern: string): string | undefined {
  const strange = /[^\w.*+?|()[\]{},:^\\-]/.exec(pattern)?.[0];
  if (strange !== undefined)
    return `no name of a Node asks for ${JSON.stringify(strange)}, and it is anchored as it is`;
  if (/\(\?(?!:)|\[:/.test(pattern)) return 'of what begins with (? only (?: is taken, and no class by its name';
  if (/\\([^\W_dDsSwW]|_|$)/.test(pattern)) return 'after a backslash there is a sign, or one of d, s, w, D, S and W';
  try {
    return new RegExp(`^(?:${pattern})$`).test('')
      ? 'it matches no name at all, as that of a pod that waits'
      : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The patterns by which answers were asked for; several where they are of several exports, none where nothing tells. */
export function namesIn(answers: Answers): NodeNames[] {
  const told = answers.workers.flatMap(({ metric: { workers, servers } }) =>
    workers === undefined || servers === undefined ? [] : [{ workers, servers }],
  );
  return [...new Map(told.map((names) => [inWords(names), names])).values()];
}

export const inWords = ({ workers, servers }: NodeNames): string => `--workers '${workers}' --servers '${servers}'`;

/** Of many the message names the first. */
const MOST_NAMED = 3;

/**
 * A node that is neither a worker nor a server has pods that nobody would count rightly, and so has one that is both.
 *
 * @throws {DataRefused} names them, the patterns and what to do
 */
export function refuseStrays(answers: Answers, { from, to }: Range): void {
  const strays = answers.strays.filter(({ points }) => points.some(([at]) => at >= from && at <= to));
  const names = [...new Set(strays.map(({ metric }) => `${metric.node} (${metric.matches})`))].sort();
  if (names.length === 0) return;
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  throw new DataRefused(
    `Each node of the data must match one of ${namesIn(answers).map(inWords).join(' and ') || '--workers and --servers'}, and not both; ` +
      `${names.slice(0, MOST_NAMED).join(', ')}${more} does not. ` +
      "Give regular expressions for the names of your Nodes, like --workers 'ip-10-0-1-.*' --servers 'ip-10-0-0-.*'; an export " +
      'is asked for with them (docs/backtest.md, "From another cluster")',
  );
}
