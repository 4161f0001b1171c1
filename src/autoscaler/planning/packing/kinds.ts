import type { LabelSelector, NodeTerm, Pod, Resources, Toleration } from '../../snapshot';

/**
 * Pods that are alike to the scheduler: where one of them goes, any of them goes. Thousands of pods are a few kinds, and
 * what is asked of a node is asked once for each.
 */
export interface Kind {
  readonly id: number;
  /** Any of them. */
  readonly pod: Pod;
  readonly gate: Gate;
  /** On its way out, so that spread constraints do not count it (`podtopologyspread/common.go`, `countPodsMatchSelector`). */
  readonly ending: boolean;
  readonly assumed: Assumed;
}

export type Assumed = Pick<Resources, 'cpuMilli' | 'memoryBytes'>;

/** `DefaultMilliCPURequest` and `DefaultMemoryRequest` (pkg/scheduler/util/pod_resources.go). */
const ASSUMED: Assumed = { cpuMilli: 100, memoryBytes: 200 * 2 ** 20 };

/** Of a pod, beside what it asks for. */
const assumedOf = ({ cpuMilli, memoryBytes }: Resources): Assumed => ({
  cpuMilli: cpuMilli === 0 ? ASSUMED.cpuMilli : 0,
  memoryBytes: memoryBytes === 0 ? ASSUMED.memoryBytes : 0,
});

/** What pods ask of a node apart from room and company; shared by the kinds that ask for the same. */
export interface Gate {
  readonly id: number;
  readonly nodeSelector: Record<string, string>;
  readonly tolerations: Toleration[];
  readonly nodeTerms?: NodeTerm[][];
  readonly volumeTerms?: NodeTerm[][];
}

export class Kinds {
  readonly #byPod = new Map<string, Kind>();
  readonly #byKey = new Map<string, Kind>();
  readonly #gates = new Map<string, Gate>();
  readonly #asked: ReadonlySet<string>;

  /**
   * @param pods all that will ever be asked for
   * @param mark what else tells them apart
   */
  constructor(
    pods: Iterable<Pod>,
    private readonly mark: (pod: Pod) => string[] = () => [],
  ) {
    const all = [...pods];
    this.#asked = labelsAskedFor(all);
    for (const pod of all) this.#sort(pod);
  }

  of(pod: Pod): Kind {
    const kind = this.#byPod.get(pod.uid);
    if (!kind) throw new Error(`${pod.namespace}/${pod.name} was not there when the kinds were made`);
    return kind;
  }

  all(): Iterable<Kind> {
    return this.#byKey.values();
  }

  #sort(pod: Pod): void {
    if (this.#byPod.has(pod.uid)) return;
    const key = JSON.stringify([
      pod.namespace,
      pod.priority,
      pod.requests,
      this.#labelsOf(pod),
      pod.nodeSelector,
      pod.tolerations,
      pod.nodeTerms,
      pod.volumeTerms,
      pod.affinity,
      pod.antiAffinity,
      pod.spread,
      pod.hostPorts,
      pod.deletionAt !== undefined,
      this.mark(pod),
    ]);
    let kind = this.#byKey.get(key);
    if (!kind) {
      kind = {
        id: this.#byKey.size,
        pod,
        gate: this.#gateOf(pod),
        ending: pod.deletionAt !== undefined,
        assumed: assumedOf(pod.requests),
      };
      this.#byKey.set(key, kind);
    }
    this.#byPod.set(pod.uid, kind);
  }

  /** Labels that no term asks for tell nothing apart: each pod of a StatefulSet has one of its own. */
  #labelsOf({ labels }: Pod): string[] {
    const found: string[] = [];
    for (const key of this.#asked) if (labels[key] !== undefined) found.push(key, labels[key]);
    return found;
  }

  #gateOf({ nodeSelector, tolerations, nodeTerms, volumeTerms }: Pod): Gate {
    const key = JSON.stringify([nodeSelector, tolerations, nodeTerms, volumeTerms]);
    let gate = this.#gates.get(key);
    if (!gate) {
      gate = {
        id: this.#gates.size,
        nodeSelector,
        tolerations,
        ...(nodeTerms && { nodeTerms }),
        ...(volumeTerms && { volumeTerms }),
      };
      this.#gates.set(key, gate);
    }
    return gate;
  }
}

function labelsAskedFor(pods: readonly Pod[]): Set<string> {
  const keys = new Set<string>();
  const note = (selector: LabelSelector | undefined) => {
    for (const { key } of selector ?? []) keys.add(key);
  };
  for (const { affinity, antiAffinity, spread } of pods) {
    for (const term of affinity ?? []) note(term.selector);
    for (const term of antiAffinity ?? []) note(term.selector);
    for (const constraint of spread ?? []) note(constraint.selector);
  }
  return keys;
}
