import type { StateStore } from '../../src/autoscaler/ports';
import { type ClusterState, emptyState } from '../../src/autoscaler/state';

/** The state item of a cluster in memory, with the lease and the fence that `docs/state.md` describes. */
export class MemoryStore {
  state: ClusterState;
  epoch = 0;
  wake = 0;
  owner: string | undefined;
  until = 0;

  constructor(state: ClusterState = emptyState()) {
    this.state = state;
  }

  /** What an invocation uses of it. */
  get port(): Partial<StateStore> {
    return {
      acquire: async ({ owner, now, leaseMs }) => {
        await turn();
        if (this.owner !== undefined && this.owner !== owner && this.until >= now) {
          this.wake += 1;
          return { held: false, owner: this.owner, until: this.until };
        }
        this.epoch += 1;
        this.owner = owner;
        this.until = now + leaseMs;
        return { held: true, epoch: this.epoch, wake: this.wake, state: this.state };
      },
      save: async (epoch, state) => {
        await turn();
        if (epoch !== this.epoch || this.owner === undefined) return 'lost';
        this.state = state;
        return 'saved';
      },
      release: async (epoch, seenWake) => {
        await turn();
        if (epoch !== this.epoch || this.owner === undefined) return { outcome: 'lost' };
        if (seenWake !== this.wake)
          return { outcome: 'woken', wake: this.wake, retired: false, paused: false, notices: [] };
        this.owner = undefined;
        return { outcome: 'released' };
      },
    };
  }
}

/** Lets every other invocation go on first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
