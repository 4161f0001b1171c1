import type { PlayedTick, Recording } from '../../world/play';
import { tickValueOf } from '../../world/report/tick-value';
import { START } from '../../world/scenario/types';
import type { Frame, Picture, RunHead } from './frame';

/** @param artifact the bundle that runs first */
export function headOf(
  { scenario, seed, config }: Pick<Recording, 'scenario' | 'seed' | 'config'>,
  artifact: { sha256: string },
): RunHead {
  const { up, down } = config.policy.cpu;
  return { scenario: scenario.name, seed, start: START, artifact: artifact.sha256, cpu: { up, down } };
}

/**
 * What one tick showed.
 *
 * @param index how many frames of the run came before
 * @throws for a tick that was played without `pictures`
 */
export function frameOf({ at, result, counts, picture }: PlayedTick, index: number): Frame {
  if (!picture) throw new Error(`invocation ${result.id} has no picture; play with { pictures: true }`);
  const { trigger, decision, plan, actions } = tickValueOf(result);
  return {
    index,
    at,
    trigger,
    decision: { code: decision.code, text: decision.text },
    hold: plan?.hold ?? null,
    actions,
    counts: { ...counts.nodes, pending: counts.pods.unschedulable, running: counts.pods.running },
    cpu: plan?.facts.cpu ?? null,
    usdPerHour: usdPerHourOf(picture),
    nodes: plan?.nodes ?? {},
    pods: plan?.pods ?? {},
    pools: plan?.pools ?? {},
    picture,
  };
}

const usdPerHourOf = ({ nodes }: Picture): number | null =>
  nodes
    .filter(({ role }) => role === 'base' || role === 'worker')
    .reduce<number | null>((sum, { usdPerHour }) => (sum === null || usdPerHour === null ? null : sum + usdPerHour), 0);
