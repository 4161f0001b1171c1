import { noticeText } from './notices';
import type { StateStore } from './ports';
import type { ClusterState, Operation } from './state';

/** Another invocation took the lease over, or may do so at any moment: nothing may be done any more. */
export class LeaseLost extends Error {
  constructor(readonly epoch: number) {
    super(`the lease of epoch ${epoch} is another invocation's, or may be at any moment`);
    this.name = 'LeaseLost';
  }
}

/** The cluster was retired while this invocation ran: what was done is written, and nothing more may be done. */
export class Retired extends Error {
  constructor() {
    super('the cluster was retired while this invocation ran');
    this.name = 'Retired';
  }
}

/** Far below what is left of a lease when the next tick may take it, and long enough for some evictions. */
const CONFIRMED_FOR_MS = 10_000;

/** The state under our epoch: every change is written before it is acted on. */
export class Session {
  /** Until when a pod's budget asked to be left alone, by uid of the pod: this invocation does not ask again before. */
  readonly askAgainAt = new Map<string, number>();

  /** When the last write that was accepted was sent. */
  private confirmedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: StateStore,
    readonly epoch: number,
    private current: ClusterState,
    private readonly now: () => number,
    /** By the same clock: later than a function may run, so that it has stood still, and its lease can be another's any moment. */
    private readonly actsUntil: number,
  ) {}

  get state(): ClusterState {
    return this.current;
  }

  /**
   * @throws LeaseLost when the epoch is no longer ours, Retired when the mark is there: the caller stops before its
   * next step.
   */
  async save(next: ClusterState): Promise<void> {
    if (JSON.stringify(next) !== JSON.stringify(this.current)) await this.write(next);
  }

  /**
   * As `save`, of what is only planned so far. Where the mark is found, nothing of it was begun and it is taken back:
   * whoever retires would take a launch that was never sent for one whose answer was lost, and wait for its instances.
   */
  async commit(next: ClusterState): Promise<void> {
    const before = this.current;
    try {
      await this.save(next);
    } catch (error) {
      if (error instanceof Retired) await this.save(before).catch(() => {});
      throw error;
    }
  }

  async update(operation: Operation, also: Partial<ClusterState> = {}): Promise<void> {
    const operations = this.current.operations.map((old) => (old.id === operation.id ? operation : old));
    await this.save({ ...this.current, ...also, operations });
  }

  /** What others wrote into the item while we held the lease; theirs already, so there is nothing to save. */
  hear(others: Pick<ClusterState, 'paused' | 'notices'>): void {
    this.current = { ...this.current, paused: others.paused, notices: others.notices };
  }

  /** A look begins: what was written before it no longer tells that the lease is ours. */
  look(): void {
    this.confirmedAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * Before a step that others would feel: the lease was ours a moment ago, and after the look it is decided by. A sandbox
   * may stand still for minutes at any await. A write that changes nothing, where no other has been made lately; throws
   * as `save` does.
   */
  async confirm(): Promise<void> {
    if (this.now() - this.confirmedAt > CONFIRMED_FOR_MS) await this.write(this.current);
    // Last, because it may have stood still in that very write.
    if (this.now() > this.actsUntil) throw new LeaseLost(this.epoch);
  }

  private async write(next: ClusterState): Promise<void> {
    const kept = new Set(next.notices.map(noticeText));
    const consumed = this.current.notices.filter((notice) => !kept.has(noticeText(notice)));
    const sentAt = this.now();
    const outcome = await this.store.save(this.epoch, next, consumed);
    if (outcome === 'lost') throw new LeaseLost(this.epoch);
    this.confirmedAt = sentAt;
    this.current = next;
    if (outcome === 'retired') throw new Retired();
  }
}
