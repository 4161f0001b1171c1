import type { KubernetesView, Node, Pod } from '../snapshot';
import { podsOn } from './fleet-view';
import { evictable, staying } from './movable';
import { type Bin, Board } from './packing/board';
import { type Order, rehearse, undo } from './packing/rehearse';
import { byText, podKey, type Slot } from './scheduling';
import { isServing, nodeSlot } from './slots';

/**
 * Where the pods of nodes that leave would go. It is played as the scheduler places pods and in the order that suits it
 * least, small ones first, which spread over all nodes and leave the large ones no room: what fits so, fits.
 */
export class Rehousing {
  /**
   * @param board all nodes and pods
   * @param guests pods that are on the board, by node, and not there yet in the view: they would have to move too
   */
  constructor(
    private readonly board: Board,
    private readonly view: KubernetesView,
    private readonly guests: Map<Bin, Pod[]> = new Map(),
  ) {}

  /**
   * Of the cluster as it is.
   *
   * @param only nodes that pods may go to; by default all that take any
   * @param more nodes that are only thought of
   */
  static of(view: KubernetesView, only: (node: Node) => boolean = () => true, more: readonly Slot[] = []): Rehousing {
    const seats = view.nodes.map((node) => ({
      slot: nodeSlot(view, node),
      pods: podsOn(view, node.name),
      open: isServing(node) && only(node),
    }));
    return new Rehousing(new Board([...seats, ...more.map((slot) => ({ slot, pods: [], open: true }))], []), view);
  }

  /** The first pod of the node that would find no place; undefined where all do. */
  homelessOf(node: Node): Pod | undefined {
    const { bin, pods, open } = this.clear(node);
    const played = rehearse(this.board, pods, { order: smallFirst });
    undo(this.board, pods, played);
    if (bin) {
      this.board.restore(bin, open);
      for (const pod of pods) this.board.put(this.board.kinds.of(pod), bin);
    }
    return played.homeless[0];
  }

  /** Its pods go, as far as there is room, and nobody comes to it any more. */
  leave(node: Node): void {
    const { bin, pods } = this.clear(node);
    const { seats } = rehearse(this.board, pods, { order: smallFirst });
    for (const pod of pods) {
      const seat = seats.get(pod.uid);
      if (seat) this.guests.set(seat, [...(this.guests.get(seat) ?? []), pod]);
    }
    if (bin) this.guests.delete(bin);
  }

  private clear({ name }: Node): { bin: Bin | undefined; pods: Pod[]; open: boolean } {
    const bin = this.board.bin(name);
    const guests = (bin && this.guests.get(bin)) ?? [];
    const pods = [...staying(evictable(this.view, name)), ...guests];
    const open = bin?.open ?? false;
    if (bin) {
      for (const pod of pods) this.board.take(this.board.kinds.of(pod), bin);
      this.board.withdraw(bin);
    }
    return { bin, pods, open };
  }
}

const smallFirst: Order = (a, b) =>
  a.requests.cpuMilli - b.requests.cpuMilli ||
  a.requests.memoryBytes - b.requests.memoryBytes ||
  byText(podKey(a), podKey(b));
