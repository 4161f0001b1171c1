import { workerNodeName } from '../../autoscaler/names';
import type { Face } from '../face/face';

/** When EC2 warned of what it takes: by instance, and by the node that runs there. */
export function warnedAt({ world: { events } }: Face): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'spot-warning') continue;
    times.set(event.instance, event.at).set(workerNodeName(event.instance), event.at);
  }
  return times;
}
