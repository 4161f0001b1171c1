import type { Recording } from '../../autoscaler/telling/recording';
import type { Outside } from './outside/outside';

/**
 * What the last tick saw, where that is known: a tick whose plan is as the one before records nothing, and the last
 * recording then holds for it too. A string says why it is not known.
 */
export async function lastSeen({ history }: Pick<Outside, 'history'>): Promise<Recording | string> {
  const found = await history();
  if (found === undefined) return 'no tick has been recorded';
  if (found.tick.decision.code === 'retired') return 'the cluster is retired, so ticks look at nothing';
  const [last] = found.recorded;
  if (last === undefined) return 'no plan has been recorded';
  if (last.tick.plan !== found.tick.plan) return 'the last tick had another plan than the last that was recorded';
  return last.recording;
}
