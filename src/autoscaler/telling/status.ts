import { grouped } from '../grouped';
import type { Verdict } from '../plan';
import { isLaunch, isOpen } from '../planning/fleet-view';
import type { Trigger } from '../snapshot';
import type { Operation } from '../state';
import { eventTime } from './cluster-event';
import { type Seen, workersAfter } from './seen';

/** Names that one line shows; the log line has them all. */
const SHOWN = 10;

/** The last tick in readable form, for `kubectl -n kube-system get configmap k3s-autoscaler-status -o yaml`. */
export function statusText(seen: Seen, trigger: Trigger): string {
  const { snapshot, plan, config, operations, actions } = seen;
  const { facts } = plan;
  const open = operations.filter(isOpen);
  const workers = sum(workersAfter(seen).values());
  const joining = sum(open.filter(isLaunch).map(({ count }) => count));
  return [
    `last tick:  ${eventTime(snapshot.at)} (${trigger}); the next is due by ${eventTime(snapshot.at + config.scheduleMs)}`,
    `decision:   ${plan.decision.code}: ${plan.decision.text}`,
    ...(plan.hold && plan.hold.text !== plan.decision.text ? [`removals:   held: ${plan.hold.text}`] : []),
    `workers:    ${workers} of at most ${config.limits.maxNodes}, ${joining} of them on their way`,
    `CPU:        ${facts.cpu === null ? 'unknown' : `${facts.cpu} %`}`,
    `pods:       ${facts.pendingPods ?? 'unknown'} unschedulable, ${facts.demand} of them count as demand`,
    ...section('done', actions),
    ...section('operations', open.map(operationLine)),
    ...section(
      'pools',
      Object.entries(plan.pools).map(([name, { code, text }]) => `${name}: ${code}: ${text}`),
    ),
    ...section('nodes', groups(plan.nodes)),
    ...section('pending pods', groups(plan.pods)),
    '',
  ].join('\n');
}

const section = (title: string, lines: string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, ...some(lines).map((line) => `  ${line}`)];

const some = (lines: string[]): string[] =>
  lines.length <= SHOWN ? lines : [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`];

function groups(verdicts: Record<string, Verdict>): string[] {
  const byCode = grouped(Object.keys(verdicts), (name) => verdicts[name]?.code);
  return [...byCode].map(([code, names]) => `${code} (${names.length}): ${some(names).join(', ')}`);
}

export function operationLine(operation: Operation): string {
  const { id, phase, reason, pool, createdAt } = operation;
  const what =
    operation.kind === 'launch'
      ? `${operation.count} × ${operation.request.instanceType} ${operation.request.market} in ${operation.request.zone} for ${pool}`
      : (operation.node?.name ?? operation.instance);
  return `${id} ${phase}: ${what}, since ${eventTime(createdAt)}, because ${reason}`;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);
