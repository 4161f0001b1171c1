import { LABEL } from '../../names';
import type { Pod, Resources } from '../../snapshot';
import { KUBERNETES_TAINT } from '../fleet-view';
import { admits, type Slot, selectsNode, toleratesTaints } from '../scheduling';
import { Companies, type Company, type Counter, type Eligible } from './company';
import { FreeShares } from './free-shares';
import { type Gate, type Kind, Kinds } from './kinds';

/** A node on the board: there, on its way, or only thought of. */
export interface Bin {
  readonly index: number;
  readonly slot: Slot;
  /** Closed: pods on it count, and none comes to it. */
  open: boolean;
  /** Spread constraints that look at taints (`nodeTaintsPolicy: Honor`) count neither it nor what is on it. */
  cordoned: boolean;
  /** On a cordoned node, what was on it from the start. */
  readonly there: readonly Kind[];
  cpuMilli: number;
  memoryBytes: number;
  /** Of which what is free is a share. */
  memorySize: number;
  pods: number;
  others: Record<string, number>;
  /** Number of its domain in each of the board's topologies; -1 where it lacks the label. */
  domains: number[];
  ports: Map<string, number>;
  readonly nominated: readonly Nominated[];
}

/** A pod that the scheduler ends others for on the node, and where it counts. */
interface Nominated {
  readonly kind: Kind;
  readonly counts: readonly Counter[];
}

/** What a node is looked for by. */
export interface Search {
  among?: ReadonlySet<Bin>;
  /** Of nodes that fit, in points of a hundred, how much else speaks for each. */
  taste?(fitting: readonly Bin[]): number[];
  /** Points by the position of the node. */
  bias?: readonly number[];
  /** Whether cores and memory are used alike counts too (`BalancedAllocation`). */
  balanced?: true;
}

/** A node, and the pods that hold room on it. */
export interface Seat {
  slot: Slot;
  pods: readonly Pod[];
  open: boolean;
  cordoned?: boolean;
  /** Pods that the scheduler ends others for there; they hold no room yet. */
  nominated?: readonly Pod[];
}

/**
 * Nodes and pods as kube-scheduler's filters see them: who fits where now. Pods are put and taken as plans are tried;
 * nothing is copied. Written from the documented rules and on its own: it shares nothing with the simulated scheduler
 * that tests hold it against.
 */
export class Board {
  readonly bins: Bin[] = [];
  readonly #byName = new Map<string, Bin>();
  readonly kinds: Kinds;
  readonly #companies: Companies;
  readonly #counters: Counter[];
  /** By topology key, the numbers of its domains. */
  readonly #domains: Map<string, number>[];
  /** By gate, and by node: 1 admits, -1 does not, 0 or absent was not asked yet. */
  readonly #admitted: number[][] = [];
  readonly #scan = new FreeShares();
  /** Nodes that bear such a taint. */
  #discouraging = 0;

  /**
   * @param coming every pod that will be put and is on no seat
   * @param mark what else tells pods apart
   */
  constructor(seats: readonly Seat[], coming: readonly Pod[], mark?: (pod: Pod) => string[]) {
    this.kinds = new Kinds([...seats.flatMap(({ pods, nominated = [] }) => [...pods, ...nominated]), ...coming], mark);
    this.#companies = new Companies(this.kinds.all());
    this.#counters = [...this.#companies.counters.values()];
    this.#domains = this.#companies.topologyKeys.map(() => new Map());
    for (const { slot, pods, open, cordoned = false, nominated = [] } of seats) {
      const kinds = nominated.map((pod) => this.kinds.of(pod));
      const there = pods.map((pod) => this.kinds.of(pod));
      const bin = this.#add(slot, {
        open,
        cordoned,
        there: cordoned ? there : [],
        nominated: kinds.map((kind) => ({ kind, counts: this.#companies.added(kind) })),
      });
      // Their requests are out of what is free already.
      for (const kind of there) this.#count(kind, bin, 1);
    }
  }

  add(slot: Slot): Bin {
    return this.#add(slot, { open: true, cordoned: false, there: [], nominated: [] });
  }

  #add(slot: Slot, state: Pick<Bin, 'open' | 'cordoned' | 'there' | 'nominated'>): Bin {
    const { cpuMilli, memoryBytes, pods, others } = slot.free;
    const bin: Bin = {
      index: this.bins.length,
      slot,
      ...state,
      cpuMilli,
      memoryBytes,
      memorySize: slot.size.memoryBytes,
      pods,
      others: { ...others },
      domains: this.#companies.topologyKeys.map((key, index) => this.#domainOf(slot.labels[key], index)),
      ports: new Map(slot.ports?.map((port) => [port, 1])),
    };
    this.bins.push(bin);
    // Of two of a name the first is meant.
    if (!this.#byName.has(slot.name)) this.#byName.set(slot.name, bin);
    this.#scan.add(cpuMilli, memoryBytes, slot.size);
    this.#discouraging += discourages(slot);
    this.#countNode(bin, 1);
    return bin;
  }

  /** Takes the last bin away again; nothing may be on it. */
  drop(bin: Bin): void {
    if (this.bins.pop() !== bin) throw new Error(`${bin.slot.name} is not the last node of the board`);
    if (this.#byName.get(bin.slot.name) === bin) this.#byName.delete(bin.slot.name);
    this.#scan.drop();
    this.#discouraging -= discourages(bin.slot);
    this.#countNode(bin, -1);
    for (const asked of this.#admitted) if (asked) asked.length = Math.min(asked.length, bin.index);
  }

  bin(name: string): Bin | undefined {
    return this.#byName.get(name);
  }

  /** As if the node were not there; what is on it still counts. */
  withdraw(bin: Bin): void {
    bin.open = false;
    this.#countNode(bin, -1);
  }

  restore(bin: Bin, open = true): void {
    bin.open = open;
    this.#countNode(bin, 1);
  }

  /**
   * As if it were cordoned: none comes to it, and it remains a domain of spread constraints until its Node is deleted,
   * but for those that look at taints (`nodeTaintsPolicy: Honor`).
   */
  cordon(bin: Bin): void {
    bin.open = false;
    this.#countNode(bin, -1, mindsCordon);
  }

  uncordon(bin: Bin, open = true): void {
    bin.open = open;
    this.#countNode(bin, 1, mindsCordon);
  }

  /** A closed node takes pods again; the cordon goes, where that is what closes it. */
  reopen(bin: Bin): void {
    bin.open = true;
    if (!bin.cordoned) return;
    bin.cordoned = false;
    this.#countCordoned(bin, 1);
  }

  /** As before it was reopened; nothing may have come to it. */
  close(bin: Bin, cordoned: boolean): void {
    bin.open = false;
    if (!cordoned) return;
    this.#countCordoned(bin, -1);
    bin.cordoned = true;
  }

  #countCordoned(bin: Bin, count: 1 | -1): void {
    this.#countNode(bin, count, mindsCordon);
    for (const kind of bin.there) {
      const { counts } = this.#companies.of(kind);
      for (const counter of counts.filter(mindsCordon)) {
        const domain = bin.domains[counter.tally.key] as number;
        if (domain >= 0 && counter.only && this.#isEligible(counter.only, bin)) counter.tally.add(domain, count);
      }
    }
  }

  /** Some node bears a taint that pods rather avoid. */
  get hasDiscouraging(): boolean {
    return this.#discouraging > 0;
  }

  company(kind: Kind): Company {
    return this.#companies.of(kind);
  }

  /** Something that it asks or refuses is asked of more than a single node: of a zone, say. */
  caresForDomain(kind: Kind): boolean {
    const { near, apart, refusedBy, spread } = this.#companies.of(kind);
    const tallies = [...near, ...apart, ...refusedBy, ...spread.map(({ tally }) => tally)];
    const host = this.#companies.topologyKeys.indexOf(LABEL.hostname);
    return tallies.some(({ key }) => key !== host);
  }

  /** Others may open a node for it by coming. */
  isSociable(kind: Kind): boolean {
    const { near, spread } = this.#companies.of(kind);
    return near.length + spread.length > 0;
  }

  /** Why no two pods of the kind share a node: what they are counted in, the same for all kinds that it keeps apart. */
  apartFromItself({ pod, id }: Kind): unknown[] {
    const { apart, counts } = this.#companies.of({ id });
    const host = this.#companies.topologyKeys.indexOf(LABEL.hostname);
    const tallies = apart.filter((tally) => tally.key === host && counts.some((counter) => counter.tally === tally));
    return [...tallies, ...(pod.hostPorts ?? [])];
  }

  /** Could the scheduler bind a pod of this kind there now? */
  fits(kind: Kind, bin: Bin): boolean {
    return bin.open && this.#passes(kind, bin) && (bin.nominated.length === 0 || this.#passesNominated(kind, bin));
  }

  #passes(kind: Kind, bin: Bin): boolean {
    return this.hasRoom(kind.pod.requests, bin) && this.admits(kind.gate, bin) && this.#accepts(kind, bin);
  }

  /**
   * A pod has to pass with the pods that are nominated to the node and of its priority or above as well as without: they
   * may still go elsewhere. Those nominated to other nodes are not looked at (`RunFilterPluginsWithNominatedPods` and
   * `addGENominatedPods` in pkg/scheduler/framework/runtime/framework.go).
   */
  #passesNominated(kind: Kind, bin: Bin): boolean {
    const before = bin.nominated.filter((each) => each.kind.pod.priority >= kind.pod.priority);
    for (const each of before) this.#move(each.kind, bin, 1, each.counts);
    const passes = this.#passes(kind, bin);
    for (const each of before) this.#move(each.kind, bin, -1, each.counts);
    return passes;
  }

  /** `within` of resources.ts, written out: on objects of two shapes it costs a tenth of a plan for 5000 pods. */
  hasRoom(need: Resources, bin: Bin): boolean {
    return (
      bin.pods >= need.pods &&
      (need.cpuMilli <= bin.cpuMilli || need.cpuMilli === 0) &&
      (need.memoryBytes <= bin.memoryBytes || need.memoryBytes === 0) &&
      (need.others === undefined ||
        Object.entries(need.others).every(([name, n]) => n <= 0 || n <= (bin.others[name] ?? 0)))
    );
  }

  admits(gate: Gate, bin: Bin): boolean {
    let asked = this.#admitted[gate.id];
    if (!asked) {
      asked = [];
      this.#admitted[gate.id] = asked;
    }
    const known = asked[bin.index];
    if (known) return known > 0;
    const answer = admits(bin.slot, gate);
    asked[bin.index] = answer ? 1 : -1;
    return answer;
  }

  /**
   * Of the nodes where the kind fits, the one of which the largest share will be free (`LeastAllocated`, from 0 to 100).
   *
   * @param among by default all
   */
  freest(kind: Kind, { among, taste, bias, balanced }: Search = {}): Bin | undefined {
    const cpuMilli = kind.pod.requests.cpuMilli + (kind.assumed?.cpuMilli ?? 0);
    const memoryBytes = kind.pod.requests.memoryBytes + (kind.assumed?.memoryBytes ?? 0);
    const isOpen = (bin: Bin) => bin.open && (!among || among.has(bin)) && this.fits(kind, bin);
    let found: Bin | undefined;
    let most = Number.NEGATIVE_INFINITY;
    if (!taste && !bias && !balanced) {
      const nextAbove = (from: number) => this.#scan.firstAbove(most, from, cpuMilli, memoryBytes);
      for (let i = nextAbove(0); i >= 0; i = nextAbove(i + 1)) {
        const bin = this.bins[i] as Bin;
        if (!isOpen(bin)) continue;
        found = bin;
        most = this.#scan.of(i, cpuMilli, memoryBytes);
      }
      return found;
    }
    const { requests } = kind.pod;
    const score = (bin: Bin) =>
      this.#scan.of(bin.index, cpuMilli, memoryBytes) +
      (bias?.[bin.index] ?? 0) +
      (balanced ? balanceGained(requests, bin) : 0);
    const fitting = taste ? this.bins.filter(isOpen) : this.bins;
    const points = taste?.(fitting);
    for (const [i, bin] of fitting.entries()) {
      const liked = score(bin) + (points?.[i] ?? 0);
      if (liked <= most || (!points && !isOpen(bin))) continue;
      most = liked;
      found = bin;
    }
    return found;
  }

  /** The node has so much more of memory and of others, or, with -1, as much as before. */
  enlarge(bin: Bin, { memoryBytes, others = {} }: Pick<Resources, 'memoryBytes' | 'others'>, count: 1 | -1): void {
    bin.memoryBytes += count * memoryBytes;
    bin.memorySize += count * memoryBytes;
    this.#scan.enlarge(bin.index, count * memoryBytes, bin.memorySize);
    for (const name in others) bin.others[name] = (bin.others[name] ?? 0) + count * (others[name] ?? 0);
  }

  put(kind: Kind, bin: Bin): void {
    this.#move(kind, bin, 1);
  }

  take(kind: Kind, bin: Bin): void {
    this.#move(kind, bin, -1);
  }

  #move(kind: Kind, bin: Bin, count: 1 | -1, counts?: readonly Counter[]): void {
    const { requests } = kind.pod;
    bin.cpuMilli -= count * requests.cpuMilli;
    bin.memoryBytes -= count * requests.memoryBytes;
    bin.pods -= count * requests.pods;
    this.#scan.take(bin.index, count * requests.cpuMilli, count * requests.memoryBytes);
    for (const name in requests.others)
      bin.others[name] = (bin.others[name] ?? 0) - count * (requests.others[name] ?? 0);
    this.#count(kind, bin, count, counts);
  }

  #count(kind: Kind, bin: Bin, count: 1 | -1, counts: readonly Counter[] = this.#companies.of(kind).counts): void {
    for (const { tally, only } of counts) {
      const domain = bin.domains[tally.key] as number;
      if (domain >= 0 && (!only || this.#isEligible(only, bin))) tally.add(domain, count);
    }
    if (kind.assumed) this.#scan.take(bin.index, count * kind.assumed.cpuMilli, count * kind.assumed.memoryBytes);
    for (const port of kind.pod.hostPorts ?? []) bin.ports.set(port, (bin.ports.get(port) ?? 0) + count);
  }

  #countNode(bin: Bin, count: 1 | -1, which: (counter: Counter) => boolean = () => true): void {
    for (const counter of this.#counters) {
      if (!which(counter)) continue;
      const { tally, only } = counter;
      const domain = bin.domains[tally.key] as number;
      if (domain >= 0 && (!only || this.#isEligible(only, bin))) tally.node(domain, count);
    }
  }

  #isEligible({ gate, affinity, taints, topologyKeys }: Eligible, { slot, domains, cordoned }: Bin): boolean {
    return (
      topologyKeys.every((key) => (domains[key] as number) >= 0) &&
      (!affinity || selectsNode(slot, gate)) &&
      (!taints || (toleratesTaints(slot, gate) && (!cordoned || toleratesTaints(CORDON, gate))))
    );
  }

  #domainOf(value: string | undefined, key: number): number {
    if (value === undefined) return -1;
    const domains = this.#domains[key] as Map<string, number>;
    const known = domains.get(value);
    if (known !== undefined) return known;
    domains.set(value, domains.size);
    return domains.size - 1;
  }

  /** Ports, affinity, anti-affinity of either side, and spread. */
  #accepts(kind: Kind, bin: Bin): boolean {
    const company = this.#companies.of(kind);
    return (
      (kind.pod.hostPorts === undefined || portsFree(kind.pod.hostPorts, bin)) &&
      none(company.apart, bin) &&
      none(company.refusedBy, bin) &&
      isNear(company, bin) &&
      isSpread(company, bin)
    );
  }
}

/** The taint that Kubernetes gives a cordoned node. */
const CORDONED = { key: `${KUBERNETES_TAINT}unschedulable`, value: '', effect: 'NoSchedule' } as const;

const CORDON = { taints: [CORDONED] };

const mindsCordon = ({ only }: Counter): boolean => only?.taints === true && !toleratesTaints(CORDON, only.gate);

const discourages = ({ taints }: Slot): number => (taints.some(({ effect }) => effect === 'PreferNoSchedule') ? 1 : 0);

/**
 * Points, 25 at most, for how much nearer the pod brings the used shares of cores and memory to each other. (The
 * scheduler's scale begins at 50, the same for all; a pod that asks for neither gets the same everywhere.)
 */
function balanceGained({ cpuMilli, memoryBytes }: Resources, bin: Bin): number {
  const cpuSize = bin.slot.size.cpuMilli;
  const cpu = bin.cpuMilli / cpuSize;
  const memory = bin.memoryBytes / bin.memorySize;
  const after = cpu - cpuMilli / cpuSize - memory + memoryBytes / bin.memorySize;
  return 25 * (Math.abs(cpu - memory) - Math.abs(after)) || 0;
}

const none = (tallies: readonly { key: number; in(domain: number): number }[], bin: Bin): boolean => {
  for (const tally of tallies) {
    const domain = bin.domains[tally.key] as number;
    if (domain >= 0 && tally.in(domain) > 0) return false;
  }
  return true;
};

function isNear({ near, likesItself }: Company, bin: Bin): boolean {
  let met = true;
  for (const tally of near) {
    const domain = bin.domains[tally.key] as number;
    if (domain < 0) return false;
    if (tally.in(domain) === 0) met = false;
  }
  return met || (likesItself && near.every(({ total }) => total === 0));
}

function isSpread({ spread }: Company, bin: Bin): boolean {
  for (const { tally, maxSkew, minDomains, self } of spread) {
    const domain = bin.domains[tally.key] as number;
    if (domain < 0) return false;
    const least = tally.domains < minDomains ? 0 : tally.least;
    if (tally.in(domain) + self - least > maxSkew) return false;
  }
  return true;
}

function portsFree(ports: readonly string[], { ports: taken }: Bin): boolean {
  return ports.every((port) => {
    for (const [other, count] of taken) if (count > 0 && collide(port, other)) return false;
    return true;
  });
}

/** `<protocol>/<ip>/<port>`; every address is `0.0.0.0` (`framework.HostPortInfo.CheckConflict`). */
function collide(a: string, b: string): boolean {
  const [protocolA, ipA, portA] = a.split('/');
  const [protocolB, ipB, portB] = b.split('/');
  return protocolA === protocolB && portA === portB && (ipA === ipB || ipA === ANY || ipB === ANY);
}

const ANY = '0.0.0.0';
