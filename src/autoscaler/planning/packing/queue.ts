import { grouped } from '../../grouped';
import type { Pod, Resources } from '../../snapshot';
import { packingOrder } from '../scheduling';
import type { Board } from './board';
import type { Kind } from './kinds';

/** Pods of one kind that have no place yet. */
export interface Group {
  readonly kind: Kind;
  /** In order; the first is placed next. */
  readonly pods: readonly Pod[];
  /** How many of them have been placed. */
  placed: number;
  /** Its pods ask for or refuse company. */
  readonly choosy: boolean;
}

export const left = ({ pods, placed }: Group): number => pods.length - placed;

/** Groups whose pods are of one size. */
export interface Bucket {
  size: Resources;
  groups: Group[];
}

/**
 * What has no place yet: the important first, then what is hard to place, then what is large.
 *
 * @param pods in the order of packing
 */
export function groupsOf(pods: readonly Pod[], board: Board): Group[] {
  const groups = [...grouped(pods, (pod) => board.kinds.of(pod))].map(
    ([kind, its]): Group => ({ kind, pods: its, placed: 0, choosy: isChoosy(kind, board) }),
  );
  return groups.sort(
    (a, b) =>
      b.kind.pod.priority - a.kind.pod.priority ||
      hardness(b, board) - hardness(a, board) ||
      packingOrder(a.pods[0] as Pod, b.pods[0] as Pod),
  );
}

/** The same for pods that take the same room. */
export const sizeKey = ({ cpuMilli, memoryBytes, pods, others }: Resources): string =>
  `${cpuMilli}/${memoryBytes}/${pods}${others ? JSON.stringify(others) : ''}`;

export const bucketsOf = (groups: readonly Group[]): Bucket[] =>
  [...grouped(groups, ({ kind }) => sizeKey(kind.pod.requests)).values()].map((alike) => ({
    size: (alike[0] as Group).kind.pod.requests,
    groups: alike,
  }));

function isChoosy(kind: Kind, board: Board): boolean {
  const { near, apart, spread, refusedBy } = board.company(kind);
  return near.length + apart.length + spread.length + refusedBy.length > 0 || kind.pod.hostPorts !== undefined;
}

/** Pods that bear no like beside them need most nodes, so theirs are opened first and the others fill them. */
function hardness({ kind }: Group, board: Board): number {
  const { near, apart, spread } = board.company(kind);
  if (apart.length > 0 || kind.pod.hostPorts) return 3;
  if (spread.length > 0) return 2;
  return near.length > 0 ? 1 : 0;
}
