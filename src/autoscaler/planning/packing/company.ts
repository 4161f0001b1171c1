import type { Pod, PodTerm, SpreadConstraint } from '../../snapshot';
import { selects } from '../selectors';
import type { Gate, Kind } from './kinds';
import { Tally } from './tally';

/** What company a kind of pod needs and refuses, in tallies that are kept as pods are placed. */
export interface Company {
  /** In the domain of each, pods like these have to be there already. */
  near: Tally[];
  /** It is what it wants to be near, so the first of them may go anywhere. */
  likesItself: boolean;
  /** In the domain of each, none like these may be. */
  apart: Tally[];
  /** In the domain of each, there must be none of these: they refuse this kind. */
  refusedBy: Tally[];
  /** In the domain of each, these would rather have a pod of this kind beside them: they had to have one somewhere. */
  drawnBy: Tally[];
  spread: Spread[];
  /** Where a pod of this kind counts. */
  counts: Counter[];
}

export interface Spread {
  tally: Tally;
  only: Eligible;
  maxSkew: number;
  minDomains: number;
  /** 1 where the pod is one of those it counts. */
  self: number;
}

/** Nodes that count for a spread constraint: `NodeInclusionPolicy`, by what its pod asks of a node. */
export interface Eligible {
  gate: Gate;
  affinity: boolean;
  taints: boolean;
  /**
   * Of all constraints of the pod, by their position: a node that lacks one of these labels counts for none of them
   * (`podtopologyspread/common.go`, `nodeLabelsMatchSpreadConstraints`).
   */
  topologyKeys: number[];
}

export interface Counter {
  tally: Tally;
  /** Undefined: every node counts. */
  only?: Eligible;
  counts(pod: Pod, ending: boolean): boolean;
  /** Where the scheduler only adds a pod to what it has counted; by default the same. */
  countsAdded?(pod: Pod): boolean;
  /** A pod that this selects is refused where the tally is not 0. */
  refuses?(pod: Pod): boolean;
  /** A pod that this selects is liked better where the tally is larger. */
  draws?(pod: Pod): boolean;
}

/** Every term of every kind, once, with the tally that answers it. */
export class Companies {
  readonly topologyKeys: string[] = [];
  readonly counters = new Map<string, Counter>();
  readonly #byKind: Company[] = [];

  constructor(kinds: Iterable<Kind>) {
    const all = [...kinds];
    for (const kind of all) this.#byKind[kind.id] = this.#asked(kind);
    const counters = [...this.counters.values()];
    for (const { id, pod, ending } of all) {
      const company = this.#byKind[id] as Company;
      company.counts = counters.filter((counter) => counter.counts(pod, ending));
      company.refusedBy = counters.filter((counter) => counter.refuses?.(pod)).map(({ tally }) => tally);
      company.drawnBy = counters.filter((counter) => counter.draws?.(pod)).map(({ tally }) => tally);
    }
  }

  of({ id }: Pick<Kind, 'id'>): Company {
    return this.#byKind[id] as Company;
  }

  /** Where a nominated pod of the kind counts, for the node that it is nominated to. */
  added({ pod, ending }: Kind): Counter[] {
    const counters = [...this.counters.values()];
    return counters.filter(({ counts, countsAdded }) => (countsAdded ? countsAdded(pod) : counts(pod, ending)));
  }

  #asked({ pod, gate }: Kind): Company {
    const { affinity = [], antiAffinity = [], spread = [] } = pod;
    for (const term of antiAffinity) this.#bearers(term, 'antiAffinity', 'refuses');
    for (const term of affinity) this.#bearers(term, 'affinity', 'draws');
    const spreadKeys = [...new Set(spread.map(({ topologyKey }) => topologyKey))].sort();
    return {
      // A pod counts for one term only if all of them select it (`interpodaffinity/filtering.go`, `podMatchesAllAffinityTerms`).
      near: affinity.map(({ topologyKey }) => this.#selected(topologyKey, affinity).tally),
      likesItself: affinity.length > 0 && affinity.every((term) => termSelects(term, pod)),
      apart: antiAffinity.map((term) => this.#selected(term.topologyKey, [term]).tally),
      refusedBy: [],
      drawnBy: [],
      spread: spread.map((constraint) => this.#spread(constraint, pod, gate, spreadKeys)),
      counts: [],
    };
  }

  #selected(topologyKey: string, terms: PodTerm[]): Counter {
    return this.#counter(topologyKey, ['selected', ...terms.map(identity)], () => ({
      counts: (pod) => terms.every((term) => termSelects(term, pod)),
    }));
  }

  /**
   * Pods that bear the term refuse whom it selects, or draw it, wherever they came from (symmetry; the scheduler's
   * `HardPodAffinityWeight`).
   */
  #bearers(term: PodTerm, as: 'affinity' | 'antiAffinity', what: 'draws' | 'refuses'): void {
    const own = identity(term);
    this.#counter(term.topologyKey, [what, own], () => ({
      counts: ({ [as]: terms = [] }) =>
        terms.some((other) => other.topologyKey === term.topologyKey && identity(other) === own),
      [what]: (pod: Pod) => termSelects(term, pod),
    }));
  }

  #spread(constraint: SpreadConstraint, { namespace, labels }: Pod, gate: Gate, keys: readonly string[]): Spread {
    const { topologyKey, selector, maxSkew, minDomains, honorAffinity, honorTaints } = constraint;
    const topologyKeys = keys.map((key) => this.#keyIndex(key));
    const only = { gate, affinity: honorAffinity, taints: honorTaints, topologyKeys };
    const nodes = [honorAffinity && [gate.nodeSelector, gate.nodeTerms], honorTaints && gate.tolerations, keys];
    const isMeant = (pod: Pod) => pod.namespace === namespace && selects(selector, pod.labels);
    const { tally } = this.#counter(topologyKey, ['spread', namespace, selector, nodes], () => ({
      only,
      // An empty selector counts none (`countPodsMatchSelector`), though it selects the pod itself, and pods that are
      // added (`podtopologyspread/filtering.go`, `updateWithPod`).
      counts: (pod, ending) => !ending && selector?.length !== 0 && isMeant(pod),
      countsAdded: isMeant,
    }));
    return { tally, only, maxSkew, minDomains, self: selects(selector, labels) ? 1 : 0 };
  }

  #counter(topologyKey: string, identity: unknown[], make: () => Omit<Counter, 'tally'>): Counter {
    const key = JSON.stringify([topologyKey, identity]);
    let counter = this.counters.get(key);
    if (!counter) {
      counter = { tally: new Tally(this.#keyIndex(topologyKey)), ...make() };
      this.counters.set(key, counter);
    }
    return counter;
  }

  #keyIndex(topologyKey: string): number {
    const index = this.topologyKeys.indexOf(topologyKey);
    return index >= 0 ? index : this.topologyKeys.push(topologyKey) - 1;
  }
}

const termSelects = ({ selector, namespaces }: PodTerm, { namespace, labels }: Pod): boolean =>
  namespaces.includes(namespace) && selects(selector, labels);

const identity = ({ selector, namespaces }: PodTerm): string => JSON.stringify([selector, namespaces]);
