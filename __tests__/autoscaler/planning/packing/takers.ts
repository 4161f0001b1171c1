import { LABEL } from '../../../../src/autoscaler/names';
import { Board } from '../../../../src/autoscaler/planning/packing/board';
import type { Slot } from '../../../../src/autoscaler/planning/scheduling';
import type { PodTerm, SpreadConstraint, Pod as TPod } from '../../../../src/autoscaler/snapshot';
import { MI, pod, T0 } from '../../builders';

/**
 * Where kube-scheduler would bind a pod: three nodes, a1 and a2 in zone a and b1 in zone b, each of 1000m, 1024Mi and
 * ten seats.
 */
export const ALL = ['a1', 'a2', 'b1'];
export const ROOM = { cpuMilli: 1000, memoryBytes: 1024 * MI, pods: 10 };

export type There = Record<string, Partial<TPod>[]>;
export type Nodes = Record<string, Partial<Slot>>;

/**
 * Names of the nodes that take the pod, while these others are where they are.
 *
 * @param nominated pods that the scheduler ends others for, by node
 */
export function takers(over: Partial<TPod>, there: There = {}, nodes: Nodes = {}, nominated: There = {}): string[] {
  const seats = ALL.map((name) => {
    const labels = { [LABEL.hostname]: name, [LABEL.zone]: name.slice(0, 1), ...nodes[name]?.labels };
    const slot = { name, taints: [], size: ROOM, free: ROOM, ...nodes[name], labels };
    const pods = (there[name] ?? []).map((each) => pod({ nodeName: name, ...each }));
    const coming = (nominated[name] ?? []).map((each) => pod({ phase: 'Pending', nominatedNode: name, ...each }));
    return { slot, pods, open: true, nominated: coming };
  });
  const coming = pod({ name: 'coming', requests: { cpuMilli: 0, memoryBytes: 0, pods: 1 }, ...over });
  const board = new Board(seats, [coming]);
  return board.bins.filter((bin) => board.fits(board.kinds.of(coming), bin)).map(({ slot }) => slot.name);
}

export const app = (name: string) => [{ key: 'app', operator: 'In' as const, values: [name] }];
export const labelled = (name: string): Partial<TPod> => ({ labels: { app: name } });
export const term = (name: string, topologyKey: string, over: Partial<PodTerm> = {}): PodTerm => ({
  selector: app(name),
  namespaces: ['default'],
  topologyKey,
  ...over,
});
/** Over zones, the pods `web`, one more in one of them at most. */
export const spreading = (over: Partial<SpreadConstraint> = {}): SpreadConstraint => ({
  topologyKey: LABEL.zone,
  selector: app('web'),
  maxSkew: 1,
  minDomains: 1,
  honorAffinity: true,
  honorTaints: false,
  ...over,
});
export const ending = { deletionAt: T0 };

export type Case = [string, Partial<TPod>, There, string[]];
