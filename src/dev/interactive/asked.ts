import type { InvocationRequest } from '../../world/contract';
import type { Asked } from '../../world/play';

/** Ticks that a person asks for, as `npm run tick` does. */
export class AskedTicks implements Asked {
  #waiting = 0;
  #asked = 0;

  ask(): void {
    this.#waiting += 1;
  }

  isWaiting(): boolean {
    return this.#waiting > 0;
  }

  next(): InvocationRequest | undefined {
    if (this.#waiting === 0) return undefined;
    this.#waiting -= 1;
    this.#asked += 1;
    return { id: `asked-${String(this.#asked).padStart(4, '0')}`, event: { action: 'tick' } };
  }
}
