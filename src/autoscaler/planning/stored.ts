import type { Plan } from '../plan';
import type { Snapshot } from '../snapshot';
import type { Demand } from './demand';
import { isLaunch } from './fleet-view';
import { isReadable, type Reading } from './readings';

/** What they are for does not pass. */
const ALWAYS: ReadonlySet<string> = new Set(['below-minimum', 'headroom', 'back-to-spot', 'rotation']);

/** Stored launches: a request may be asked again only where its reason still holds and can be seen. */
export function stored(
  snapshot: Snapshot,
  demand: Demand | undefined,
  readings: readonly Reading[],
): Pick<Plan, 'resume' | 'cancel'> {
  const open = snapshot.state.operations.filter(isLaunch).filter((operation) => operation.phase === 'requested');
  const ids = (which: (reason: string) => boolean) => open.filter(({ reason }) => which(reason)).map(({ id }) => id);
  const wanted = (demand?.pods.length ?? 0) > 0;
  return {
    resume: ids((reason) => isReadable(readings, reason) ?? (ALWAYS.has(reason) || wanted)),
    cancel: demand && !wanted ? ids((reason) => reason === 'pending-pods') : [],
  };
}
