import type { RuntimeConfig } from '../../../config/runtime';
import type { KubernetesView, Pod, Snapshot } from '../../snapshot';
import { most, NOTHING, plus, within } from '../resources';
import { admits } from '../scheduling';
import { freshSlot } from '../slots';
import type { Board } from './board';
import type { Opened } from './pack';

/** What else a node could be and still hold what it is bought for. The planned type and zone come first. */
export interface Alternatives {
  types: string[];
  zones: string[];
}

/** The same for several nodes that are asked for together. */
export function alternativesOf(
  nodes: readonly Opened[],
  board: Board,
  { state }: Snapshot,
  view: KubernetesView,
  config: RuntimeConfig,
): Alternatives {
  const { offer, zone } = nodes[0] as Opened;
  const { pool } = offer;
  const need = nodes.map(({ pods }) => requestsOf(pods)).reduce(most, NOTHING);
  const kinds = [...new Set(nodes.flatMap(({ pods }) => pods.map((pod) => board.kinds.of(pod))))];
  const gates = [...new Set(kinds.map(({ gate }) => gate))];
  const holds = (type: string, where: string): boolean => {
    const slot = freshSlot({ pool, type, zone: where, name: 'any' }, state, view, config);
    return slot !== undefined && within(need, slot.free) && gates.every((gate) => admits(slot, gate));
  };
  const anywhere = !kinds.some((kind) => board.caresForDomain(kind));
  const zones = anywhere ? config.zones.filter((other) => other !== zone && holds(offer.type, other)) : [];
  return {
    types: [offer.type, ...pool.instanceTypes.filter((type) => type !== offer.type && holds(type, zone))],
    zones: [zone, ...zones],
  };
}

const requestsOf = (pods: readonly Pod[]) => pods.reduce((sum, { requests }) => plus(sum, requests), NOTHING);
