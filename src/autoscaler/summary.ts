import type { Verdict } from './plan';
import type { TickResult } from './result';

/** How long a history item is kept. */
export const HISTORY_TTL_SECONDS = 14 * 24 * 3600;

/** The one log line of a tick: a sentence for people, fields for machines, verdicts grouped by code. */
export function summarize(result: TickResult): Record<string, unknown> {
  const { plan, trigger, epoch, decision, operations, actions } = result;
  return {
    message: `${decision.text}${actions.length > 0 ? ` Done: ${actions.join('; ')}.` : ''}`,
    decision: decision.code,
    trigger,
    epoch,
    ...(plan?.by !== undefined && { plannedBy: plan.by }),
    ...(plan && {
      facts: plan.facts,
      nodes: grouped(plan.nodes),
      pods: grouped(plan.pods),
      pools: grouped(plan.pools),
      hold: plan.hold?.text ?? null,
    }),
    operations: operations.map(({ id, phase }) => `${id} ${phase}`),
  };
}

function grouped(verdicts: Record<string, Verdict>): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, { code }] of Object.entries(verdicts)) groups[code] = [...(groups[code] ?? []), name];
  return groups;
}
