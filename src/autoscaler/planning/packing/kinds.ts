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
  /** What kube-scheduler takes it to use where it asks for nothing, when it compares nodes. */
  readonly assumed?: Assumed;
}

type Assumed = Pick<Resources, 'cpuMilli' | 'memoryBytes'>;

/** `DefaultMilliCPURequest` and `DefaultMemoryRequest` (pkg/scheduler/util/pod_resources.go). */
const ASSUMED: Assumed = { cpuMilli: 100, memoryBytes: 200 * 2 ** 20 };

function assumedOf({ cpuMilli, memoryBytes }: Resources): { assumed?: Assumed } {
  if (cpuMilli > 0 && memoryBytes > 0) return {};
  return {
    assumed: {
      cpuMilli: cpuMilli === 0 ? ASSUMED.cpuMilli : 0,
      memoryBytes: memoryBytes === 0 ? ASSUMED.memoryBytes : 0,
    },
  };
}

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
    const { requests, deletionAt } = pod;
    const key = [
      pod.namespace,
      pod.priority,
      requests.cpuMilli,
      requests.memoryBytes,
      requests.pods,
      deletionAt === undefined,
      ...this.#labelsOf(pod),
      ...this.mark(pod),
      // Most pods ask for none of these, and there may be thousands.
      ...[requests.others, pod.affinity, pod.antiAffinity, pod.spread, pod.hostPorts].map(inText),
      this.#gateOf(pod).id,
    ].join('\n');
    let kind = this.#byKey.get(key);
    if (!kind) {
      kind = {
        id: this.#byKey.size,
        pod,
        gate: this.#gateOf(pod),
        ending: pod.deletionAt !== undefined,
        ...assumedOf(pod.requests),
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
    const key = [nodeSelector, tolerations, nodeTerms, volumeTerms].map(inText).join('\n');
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

const inText = (asked: unknown): string => (asked === undefined ? '' : JSON.stringify(asked));

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
