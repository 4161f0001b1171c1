import { Command } from 'commander';
import { nearest } from '../config/nearest';
import { Unusable } from '../deploy/errors';
import { type Explanation, explain, isKnown, type Subject } from '../history/explain';
import type { Found } from '../history/look-up';
import { inWords } from '../history/words';
import { HISTORY_HELP, type HistoryFlags, openHistory, withHistory } from './history-options';
import type { Exit } from './run';
import { tell } from './stage-options';
import { EXIT, UsageError } from './usage';

interface ExplainFlags extends HistoryFlags {
  node?: string;
  pod?: string;
}

/** Of a node or pod its story is told, back through so many recorded plans: an hour at least, often a day. */
const STORY = 20;

/** `explain`: why the autoscaler did what it did, from its history. */
export function explainCommand(exit: Exit): Command {
  const command = new Command('explain').description('say why the autoscaler did what it did, from its history');
  return withHistory(
    command,
    '{ cluster, tick: { time, epoch, trigger, decision, actions, operations }, recorded, current, ' +
      'verdicts: { hold, pools, nodes, pods }, subject: { kind, name, state, verdict, before, done } }',
  )
    .option('--node <name>', 'the story of this node')
    .option('--pod <namespace/name>', 'the story of this pod')
    .addHelpText(
      'after',
      `${HISTORY_HELP}\nExit codes: 0 done, 1 nothing is known of it, 2 a flag or the configuration is wrong.`,
    )
    .action(async (flags: ExplainFlags) => exit(await run(flags)));
}

async function run(flags: ExplainFlags): Promise<number> {
  const subject = subjectOf(flags);
  const { cluster, table, found } = await openHistory(flags, subject ? STORY : 1);
  if (subject && !isKnown(found, subject)) throw unknown(table, subject, found);
  const explanation: Explanation = explain(found, subject);
  tell(flags.json, { cluster, ...explanation }, () => inWords(cluster, explanation));
  return EXIT.done;
}

/** @throws {UsageError} */
function subjectOf({ node, pod }: ExplainFlags): Subject | undefined {
  if (node !== undefined && pod !== undefined) throw new UsageError('explain: --node and --pod exclude each other');
  if (node !== undefined) return { kind: 'node', name: node };
  if (pod === undefined) return undefined;
  if (/^[^/]+\/[^/]+$/.test(pod)) return { kind: 'pod', name: pod };
  throw new UsageError(`--pod ${pod}: must name namespace and pod; write it like --pod default/web-1`);
}

function unknown(table: string, { kind, name }: Subject, { recorded }: Found): Unusable {
  const names = recorded.flatMap(({ recording: { plan, snapshot } }) => {
    if (kind === 'node') return Object.keys(plan.nodes);
    const pods = snapshot.kubernetes.known ? snapshot.kubernetes.value.pods : [];
    return pods.map((pod) => `${pod.namespace}/${pod.name}`);
  });
  const like = nearest(name, [...new Set(names)]);
  return new Unusable(table, `--${kind}`, {
    value: name,
    rule: `must have been seen by one of the last ${recorded.length} recorded ticks before that time`,
    fix:
      like === undefined
        ? 'name a time at which it was there with --tick'
        : `did you mean ${like}? Else name a time with --tick`,
  });
}
