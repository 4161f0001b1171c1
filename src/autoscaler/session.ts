import type { StateStore } from './ports';
import type { ClusterState, Operation } from './state';

/** Another invocation took the lease over: nothing may be written or done any more. */
export class LeaseLost extends Error {
  constructor(readonly epoch: number) {
    super(`the lease of epoch ${epoch} was taken over by another invocation`);
    this.name = 'LeaseLost';
  }
}

/** The state under our epoch: every change is written before it is acted on. */
export class Session {
  constructor(
    private readonly store: StateStore,
    readonly epoch: number,
    private current: ClusterState,
  ) {}

  get state(): ClusterState {
    return this.current;
  }

  /** @throws LeaseLost when the epoch is no longer ours; the caller stops before its next step. */
  async save(next: ClusterState): Promise<void> {
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    if ((await this.store.save(this.epoch, next)) === 'lost') throw new LeaseLost(this.epoch);
    this.current = next;
  }

  async update(operation: Operation, also: Partial<ClusterState> = {}): Promise<void> {
    const operations = this.current.operations.map((old) => (old.id === operation.id ? operation : old));
    await this.save({ ...this.current, ...also, operations });
  }
}
