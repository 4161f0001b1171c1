import type { RemovalIntent } from '../plan';
import { readCpu } from '../planning/cpu';
import { finding } from '../planning/demand';
import { isOpen, isRemoval } from '../planning/fleet-view';
import { obstacle } from '../planning/movable';
import { readingsOf } from '../planning/readings';
import { Rehousing } from '../planning/rehousing';
import { tooHotWithout, young } from '../planning/scale-down';
import { furthestAbove, measuredText } from '../planning/signal';
import { warmWorkers } from '../planning/slots';
import { withoutDepartures } from '../planning/urgent';
import { waitedFor } from '../planning/waiting-pods';
import type { Node } from '../snapshot';
import { intentsOf, type Judged } from './judged';

/** Workers that are needed stay, whoever plans: by the functions by which the planner itself keeps them. */

/** Why none may go, whichever it is: pods wait for what is on its way or for a limit, or a signal is high. */
export function pressure({ own, snapshot, sources, config }: Judged): string | undefined {
  const { metrics } = sources;
  if (!sources.view || !metrics) return 'the CPU is not known';
  const view = withoutDepartures(sources.view, snapshot);
  const waited = waitedFor(own.pods) ?? finding(view, own.pods, snapshot.at, config.policy);
  if (waited) return waited.text;
  const highest = furthestAbove(readingsOf(readCpu(metrics, view, snapshot.at), metrics, config));
  return highest && measuredText(highest, warmWorkers(view, snapshot.at).length);
}

/**
 * Why one of the removals, each after those before it, leaves too little behind. What the deployed version would remove
 * now was asked all of this, of the cluster as it will be: it is not asked again.
 */
export function lossOf(judged: Judged): (node: Node, reason: RemovalIntent['reason']) => string | undefined {
  const { plan, own, snapshot, sources, config } = judged;
  const owns = new Set(intentsOf(own, 'remove').map(({ instance, reason }) => `${instance} ${reason}`));
  if (intentsOf(plan, 'remove').every(({ instance, reason }) => owns.has(`${instance} ${reason}`))) {
    return () => undefined;
  }
  const { metrics } = sources;
  if (!sources.view || !metrics) return () => 'the CPU is not known';
  const view = withoutDepartures(sources.view, snapshot);
  const rehousing = Rehousing.of(view);
  const open = snapshot.state.operations.filter(isRemoval).filter(isOpen);
  const leaving = view.nodes.filter(({ uid }) => open.some((operation) => operation.node?.uid === uid));
  for (const node of leaving) rehousing.leave(node);
  return (node, reason) => {
    // One that is replaced may be young: it goes for what it is, and not for being idle.
    const why =
      (reason === 'cpu-low' ? young(node, snapshot.at, config) : undefined) ??
      tooHotWithout([...leaving, node], view, snapshot.at, config, metrics) ??
      obstacle(view, node, rehousing, config.policy);
    if (why) return why.text;
    leaving.push(node);
    rehousing.leave(node);
    return undefined;
  };
}
