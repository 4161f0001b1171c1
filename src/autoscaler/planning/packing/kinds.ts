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
  readonly #all: Kind[] = [];
  readonly #root = new Path<Kind>();
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
    return this.#all;
  }

  #sort(pod: Pod): void {
    if (this.#byPod.has(pod.uid)) return;
    const path = this.#pathOf(pod);
    if (!path.end) {
      path.end = {
        id: this.#all.length,
        pod,
        gate: this.#gateOf(pod),
        ending: pod.deletionAt !== undefined,
        ...assumedOf(pod.requests),
      };
      this.#all.push(path.end);
    }
    this.#byPod.set(pod.uid, path.end);
  }

  /** All that the scheduler asks, step by step; what most pods share comes first, so that few paths part. */
  #pathOf(pod: Pod): Path<Kind> {
    const { requests, labels } = pod;
    let path = this.#root
      .to(pod.namespace)
      .to(pod.priority)
      .to(pod.deletionAt !== undefined)
      .to(requests.pods)
      .to(text(requests.others))
      .to(text(pod.hostPorts))
      .to(text(pod.preferredNodes))
      .to(this.#gateOf(pod))
      .to(text(pod.affinity))
      .to(text(pod.antiAffinity))
      .to(text(pod.spread));
    for (const mark of this.mark(pod)) path = path.to(mark);
    path = path.to(requests.cpuMilli).to(requests.memoryBytes);
    // Labels that no term asks for tell nothing apart: each pod of a StatefulSet has one of its own.
    for (const name of this.#asked) path = path.to(labels[name]);
    return path;
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

/** Where the values so far lead: thousands of pods are told apart without a text being put together for each. */
class Path<End> {
  end: End | undefined;
  #next: Map<unknown, Path<End>> | undefined;

  to(value: unknown): Path<End> {
    this.#next ??= new Map();
    let next = this.#next.get(value);
    if (!next) {
      next = new Path();
      this.#next.set(value, next);
    }
    return next;
  }
}

const text = (value: object | undefined): string | undefined => value && JSON.stringify(value);

function labelsAskedFor(pods: readonly Pod[]): Set<string> {
  const keys = new Set<string>();
  const note = (asking: readonly { selector?: LabelSelector | undefined }[] | undefined) => {
    if (asking) for (const { selector } of asking) if (selector) for (const { key } of selector) keys.add(key);
  };
  for (const { affinity, antiAffinity, spread } of pods) {
    note(affinity);
    note(antiAffinity);
    note(spread);
  }
  return keys;
}
