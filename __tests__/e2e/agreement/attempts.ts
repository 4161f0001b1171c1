/** Kubernetes 1.36's pkg/scheduler/schedule_one.go; told of a pod that is bound where it is, and else why not. */
const LINE =
  /"(?:(Attempting to schedule pod)|(Successfully bound pod to node)|Unable to schedule pod[^"]*|Error scheduling pod; retrying)".*? pod="([^"]+)"/;

/**
 * What the real scheduler says of its attempts. It makes one after the other but binds beside them, so the writes come in
 * another order; and what it refused is tried again between the pods that still wait, so the queue tells no more.
 */
export class Attempts {
  #order: string[] = [];
  readonly #underWay = new Set<string>();
  readonly #bound = new Set<string>();

  /** @param line of the scheduler's log, any */
  heard(line: string): void {
    const [, begins, isBound, pod] = LINE.exec(line) ?? [];
    if (pod === undefined) return;
    if (begins !== undefined) {
      this.#order.push(pod);
      this.#underWay.add(pod);
      return;
    }
    this.#underWay.delete(pod);
    if (isBound !== undefined) this.#bound.add(pod);
  }

  /** Before pods of the same names come. */
  forget(): void {
    this.#order = [];
    this.#underWay.clear();
    this.#bound.clear();
  }

  /** The pod of each, as `namespace/name`. */
  get order(): readonly string[] {
    return this.#order;
  }

  /** Pods that were bound, as `namespace/name`: the API server may tell of it later. */
  get bound(): readonly string[] {
    return [...this.#bound];
  }

  /** None is being looked at or bound: such a pod is in no queue that the scheduler counts. */
  get areOver(): boolean {
    return this.#underWay.size === 0;
  }
}
