import type { RuntimeConfig, RuntimePool } from '../../config/runtime';
import { LABEL } from '../names';
import type { KubernetesView, Snapshot } from '../snapshot';
import type { Slot } from './scheduling';
import { freshSlot } from './slots';

/** A sort of node of a pool, as it would be when it is new. */
export interface Sample {
  type: string;
  zone: string;
  slot: Slot;
}

/** What every sample is called; no node is. */
const SAMPLE = 'sample';

/** One new node of each sort, made once: whoever asks what could be launched looks at the same ones. */
export class Samples {
  readonly #bySort = new Map<string, Slot>();
  readonly #byPool = new Map<RuntimePool, readonly Sample[]>();

  constructor(
    private readonly state: Pick<Snapshot['state'], 'allocatable'>,
    private readonly view: KubernetesView,
    private readonly config: RuntimeConfig,
  ) {}

  /** Undefined for a type that the configuration does not know. */
  of(pool: RuntimePool, type: string, zone: string): Slot | undefined {
    const key = `${pool.name}/${type}/${zone}`;
    let slot = this.#bySort.get(key);
    if (!slot) {
      slot = freshSlot({ pool, type, zone, name: SAMPLE }, this.state, this.view, this.config);
      if (slot) this.#bySort.set(key, slot);
    }
    return slot;
  }

  /** One for each type and zone. */
  all(pool: RuntimePool): readonly Sample[] {
    let samples = this.#byPool.get(pool);
    if (!samples) {
      samples = pool.instanceTypes.flatMap((type) =>
        this.config.zones.flatMap((zone) => {
          const slot = this.of(pool, type, zone);
          return slot ? [{ type, zone, slot }] : [];
        }),
      );
      this.#byPool.set(pool, samples);
    }
    return samples;
  }
}

/** A node like the sample, by its own name. */
export const named = (sample: Slot, name: string): Slot => ({
  ...sample,
  name,
  labels: { ...sample.labels, [LABEL.hostname]: name },
});
