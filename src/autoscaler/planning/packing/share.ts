import type { Board } from './board';
import { type Group, left } from './queue';
import type { Worth } from './worth';

/**
 * Pods that bear no like beside them need a node each, whatever nodes are bought. So a node is worth buying as large as
 * what waits divided by so many, and hardly larger: the rest of the nodes would stand half empty.
 */
export class FairShare {
  readonly #worths: number[];
  /** Groups of which no two pods share a node. */
  readonly #apart: Group[][];

  constructor(
    private readonly groups: readonly Group[],
    board: Board,
    worth: Worth,
  ) {
    this.#worths = groups.map(({ kind }) => worth(kind.pod.requests));
    const byReason = new Map<unknown, Group[]>();
    for (const group of groups) {
      for (const reason of board.apartFromItself(group.kind)) {
        byReason.set(reason, [...(byReason.get(reason) ?? []), group]);
      }
    }
    this.#apart = [...byReason.values()];
  }

  /** In dollars an hour; infinite where one node may take everything. */
  now(): number {
    const nodes = Math.max(0, ...this.#apart.map((groups) => groups.reduce((sum, group) => sum + left(group), 0)));
    if (nodes <= 1) return Number.POSITIVE_INFINITY;
    return this.groups.reduce((sum, group, i) => sum + left(group) * (this.#worths[i] as number), 0) / nodes;
  }
}
