import type { Attachment, Word } from '../../autoscaler/live/mailbox';
import type { Plan } from '../../autoscaler/plan';
import type { Trigger } from '../../autoscaler/snapshot';
import type { Difference } from '../../history/compare';

/** What happens at an attached laptop, in order; `--json` prints each as a line. */
export type LiveEvent =
  | ({ kind: 'attached'; stage: string; cluster: string } & Pick<Attachment, 'owner' | 'mode' | 'contract'>)
  /** A snapshot came and was planned. Of shadow mode also the function's own plan and what differs. */
  | {
      kind: 'planned';
      id: string;
      epoch: number;
      /** Of the tick, ISO. */
      time: string;
      trigger: Trigger;
      /** How long this checkout's planner took. */
      ms: number;
      plan: Plan;
      deployed?: Plan;
      differences?: Difference[];
    }
  /** This checkout's planner threw; the function was told and plans by itself. */
  | { kind: 'failed'; id: string; epoch: number; error: string }
  /** What became of the answer, in the function's words. */
  | { kind: 'word'; word: Word }
  /** The mailbox could not be reached; it is tried again. `ageMs`: since the last heartbeat that arrived. */
  | { kind: 'trouble'; error: string; ageMs: number }
  /** The place at the stage is another's: this laptop was silent for too long. */
  | { kind: 'lost'; by: string | null }
  | { kind: 'detached' };
