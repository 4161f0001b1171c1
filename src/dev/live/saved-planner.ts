import { createRequire } from 'node:module';
import type { Plan } from '../../autoscaler/plan';
import { plan as planOfThisCheckout } from '../../autoscaler/planning/planner';
import type { ReloadEvent } from '../reload/events';
import { reloading } from '../reload/reloader';
import type { LaptopPlanner } from './session';

/** As `src/dev/reload/entry.ts` exports it. */
interface Bundle {
  replan(recordedJson: string): string;
}

/** The planner of the checkout as it was saved last, in this process: it is pure, and each snapshot is planned by it anew. */
export class SavedPlanner {
  private bundle: Bundle | undefined;

  readonly plan: LaptopPlanner = (snapshot, config): Plan =>
    this.bundle
      ? JSON.parse(this.bundle.replan(JSON.stringify({ snapshot, config })))
      : planOfThisCheckout(snapshot, config);

  /** @param root the checkout, absolute */
  watch(root: string, onReload: (event: ReloadEvent) => void, signal: AbortSignal): Promise<void> {
    const wire = {
      prepare: () => {},
      load: async (file: string) => {
        this.bundle = createRequire(file)(file) as Bundle;
      },
    };
    return reloading({ root, wire, onReload, signal });
  }
}
