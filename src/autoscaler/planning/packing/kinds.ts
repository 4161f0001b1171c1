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
    const key = this.#keyOf(pod);
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

  /** One string of all that the scheduler asks: there may be thousands of pods, so it is put together without detours. */
  #keyOf(pod: Pod): string {
    const { requests, labels } = pod;
    let key = `${pod.namespace}\n${pod.priority}\n${requests.cpuMilli}\n${requests.memoryBytes}\n${requests.pods}`;
    // Labels that no term asks for tell nothing apart: each pod of a StatefulSet has one of its own.
    for (const name of this.#asked) if (labels[name] !== undefined) key += `\n${name}=${labels[name]}`;
    for (const mark of this.mark(pod)) key += `\n${mark}`;
    if (pod.deletionAt !== undefined) key += '\nending';
    if (requests.others) key += `\n${JSON.stringify(requests.others)}`;
    if (pod.affinity) key += `\naffinity ${JSON.stringify(pod.affinity)}`;
    if (pod.antiAffinity) key += `\nanti-affinity ${JSON.stringify(pod.antiAffinity)}`;
    if (pod.preferredNodes) key += `\nprefers ${JSON.stringify(pod.preferredNodes)}`;
    if (pod.spread) key += `\nspread ${JSON.stringify(pod.spread)}`;
    if (pod.hostPorts) key += `\nports ${pod.hostPorts.join()}`;
    return `${key}\n${this.#gateOf(pod).id}`;
  }

  #gateOf({ nodeSelector, tolerations, nodeTerms, volumeTerms }: Pod): Gate {
    let key = '';
    for (const label in nodeSelector) key += `${label}=${nodeSelector[label]}\n`;
    if (tolerations.length > 0) key += JSON.stringify(tolerations);
    if (nodeTerms) key += `\nnodes ${JSON.stringify(nodeTerms)}`;
    if (volumeTerms) key += `\nvolumes ${JSON.stringify(volumeTerms)}`;
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
