import type { RuntimeConfig } from '../../config/runtime';
import type { Intent, Plan } from '../plan';
import type { Room } from '../planning/room';
import type { Sources } from '../planning/sources';
import type { Snapshot } from '../snapshot';

/** What a plan of somebody else's is held against. */
export interface Judged {
  plan: Plan;
  /** The function's own, of the same snapshot: it knows what is in doubt, and what may be resumed. */
  own: Plan;
  snapshot: Snapshot;
  /** As the calendar has it now. */
  config: RuntimeConfig;
  sources: Sources;
  room: Room;
}

export const intentsOf = <K extends Intent['kind']>({ intents }: Plan, kind: K): Extract<Intent, { kind: K }>[] =>
  intents.filter((intent): intent is Extract<Intent, { kind: K }> => intent.kind === kind);
