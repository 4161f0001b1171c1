import { LABEL } from '../../src/autoscaler/names';
import { demandOf } from '../../src/autoscaler/planning/demand';
import type { Bin } from '../../src/autoscaler/planning/packing/board';
import { Room } from '../../src/autoscaler/planning/room';
import { scaleUp } from '../../src/autoscaler/planning/scale-up';
import type { Snapshot } from '../../src/autoscaler/snapshot';
import type { RuntimeConfig } from '../../src/config/runtime';

/** A node and the pods of the demand that are placed on it. */
export interface PlacedNode {
  /** Of a node that is there. */
  node?: string;
  /** Of one that is to be launched. */
  type?: string;
  zone: string;
  /** Uids, in the order in which they were placed. */
  pods: string[];
  /** Of each of them, its place in the order in which all pods were placed. */
  turns: number[];
}

/** Where the plan for a snapshot puts the demand, node by node. Needs Kubernetes to be known. */
export function placementOf(snapshot: Snapshot, config: RuntimeConfig): PlacedNode[] {
  if (!snapshot.kubernetes.known) return [];
  const view = snapshot.kubernetes.value;
  const demand = demandOf(view, snapshot.at, config.policy);
  const { placed, opened } = scaleUp(snapshot, view, config, demand.pods, new Room(snapshot, config));
  const fresh = new Map(opened.map(({ bin, offer }) => [bin, offer.type]));
  const nodes = new Map<Bin, Pick<PlacedNode, 'pods' | 'turns'>>();
  for (const [turn, [uid, bin]] of [...placed].entries()) {
    const there = nodes.get(bin) ?? { pods: [], turns: [] };
    there.pods.push(uid);
    there.turns.push(turn);
    nodes.set(bin, there);
  }
  return [...nodes].map(([bin, content]) => {
    const type = fresh.get(bin);
    return {
      ...(type === undefined ? { node: bin.slot.name } : { type }),
      zone: bin.slot.labels[LABEL.zone] ?? '',
      ...content,
    };
  });
}
