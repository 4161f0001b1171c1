import type { RuntimeConfig } from '../../config/runtime';
import type { Plan } from '../plan';
import { countWorkers } from '../planning/fleet-view';
import type { Snapshot } from '../snapshot';
import type { Operation } from '../state';

/** All that a tick saw, decided and did: what people are told is made of it. */
export interface Seen {
  config: RuntimeConfig;
  /** The one that was planned from. */
  snapshot: Snapshot;
  plan: Plan;
  /** As the tick left them, those that ended in it included. */
  operations: Operation[];
  actions: string[];
}

/** Workers that count after the tick, by pool (`''`: base workers); what it launched is among them. */
export const workersAfter = ({ snapshot, operations }: Seen): Map<string, number> =>
  countWorkers({ ...snapshot, state: { ...snapshot.state, operations } });
