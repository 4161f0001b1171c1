import type { KubernetesView, Node, Pod } from '../snapshot';
import { isExpendable } from './demand';
import { nominatedTo, podsOn } from './fleet-view';
import { evictable, staying } from './movable';
import { type Bin, Board } from './packing/board';
import { badLuck, type Order, rehearse, undo } from './packing/rehearse';
import type { ScaleUp } from './scale-up';
import { byName, type Slot } from './scheduling';
import { isServing, nodeSlot } from './slots';

/**
 * Where the pods of nodes that leave would go. It is played as the scheduler places pods, in several orders and with luck
 * of several sorts: small ones first spread over all nodes and leave the large ones no room, large ones first take the
 * only places of the others. What fits in each, fits.
 */
export class Rehousing {
  /** Pods of nodes that leave already, and where they are on the board: all that move are played together. */
  readonly #moving: Pod[] = [];
  readonly #seats = new Map<string, Bin>();

  /**
   * @param board all nodes and pods
   * @param guests pods that are on the board, by node, and not there yet in the view: they would have to move too
   */
  constructor(
    private readonly board: Board,
    private readonly view: KubernetesView,
    private readonly guests: ReadonlyMap<Bin, readonly Pod[]> = new Map(),
  ) {}

  /**
   * Of the cluster as it is.
   *
   * @param only nodes that pods may go to; by default all that take any
   */
  static of(view: KubernetesView, only: (node: Node) => boolean = () => true): Rehousing {
    const seats = view.nodes.map((node) => ({
      slot: nodeSlot(view, node),
      pods: podsOn(view, node.name),
      open: isServing(node) && only(node),
      cordoned: node.unschedulable,
      nominated: nominatedTo(view, node.name),
    }));
    return new Rehousing(new Board(seats, []), view);
  }

  /** With the pods that wait in their places. What is evicted now has none on a node that is only on its way. */
  static after(
    { layout: { board, joining }, guests }: Pick<ScaleUp, 'layout' | 'guests'>,
    view: KubernetesView,
  ): Rehousing {
    for (const bin of joining) board.withdraw(bin);
    return new Rehousing(board, view, guests);
  }

  /** What is asked is answered as if such a node were there, too. */
  with<T>(slot: Slot, ask: () => T): T {
    const bin = this.board.add(slot);
    try {
      return ask();
    } finally {
      this.board.drop(bin);
    }
  }

  /** The first pod that would find no place if the node left; undefined where all do. */
  homelessOf(node: Node): Pod | undefined {
    // Most nodes that nobody needs are empty.
    if (this.#moving.length === 0 && this.#podsOf(node).length === 0) return undefined;
    const { bin, own, open } = this.#clear(node);
    const homeless = this.#homelessAmong([...this.#moving, ...own]);
    if (bin) {
      this.board.uncordon(bin, open);
      for (const pod of own) this.#put(pod, bin);
    }
    for (const pod of this.#moving) this.#put(pod, this.#seats.get(pod.uid) as Bin);
    return homeless;
  }

  /** Its pods go, as far as there is room, and nobody comes to it any more. */
  leave(node: Node): void {
    const moving = [...this.#moving, ...this.#clear(node).own];
    const { seats } = rehearse(this.board, moving, { order: smallFirst });
    this.#moving.splice(0, Number.POSITIVE_INFINITY, ...moving.filter(({ uid }) => seats.has(uid)));
    this.#seats.clear();
    for (const [uid, seat] of seats) this.#seats.set(uid, seat);
  }

  #homelessAmong(pods: readonly Pod[]): Pod | undefined {
    if (pods.length === 0) return undefined;
    const luck = [[], ...badLuck(this.board, pods)];
    for (const order of [smallFirst, largeFirst]) {
      for (const bias of luck) {
        const played = rehearse(this.board, pods, { order, bias });
        undo(this.board, pods, played);
        if (played.homeless.length > 0) return played.homeless[0];
      }
    }
    return undefined;
  }

  /**
   * Takes off the board the pods of the node, and all that move already, and cordons it: its Node is deleted only after they
   * have found their places.
   */
  #clear(node: Node): { bin: Bin | undefined; own: Pod[]; open: boolean } {
    const bin = this.board.bin(node.name);
    const moving = new Set(this.#moving.map(({ uid }) => uid));
    const own = this.#podsOf(node).filter(({ uid }) => !moving.has(uid));
    const open = bin?.open ?? false;
    for (const pod of this.#moving) this.board.take(this.board.kinds.of(pod), this.#seats.get(pod.uid) as Bin);
    if (bin) {
      for (const pod of own) this.board.take(this.board.kinds.of(pod), bin);
      this.board.cordon(bin);
    }
    return { bin, own, open };
  }

  /** Those that need another place: expendable ones run where there is room, and only there. */
  #podsOf({ name }: Node): Pod[] {
    const bin = this.board.bin(name);
    const guests = (bin && this.guests.get(bin)) ?? [];
    return [...staying(evictable(this.view, name)).filter((pod) => !isExpendable(pod)), ...guests];
  }

  #put(pod: Pod, bin: Bin): void {
    this.board.put(this.board.kinds.of(pod), bin);
  }
}

const smallFirst: Order = (a, b) =>
  a.requests.cpuMilli - b.requests.cpuMilli || a.requests.memoryBytes - b.requests.memoryBytes || byName(a, b);

const largeFirst: Order = (a, b) => smallFirst(b, a);
