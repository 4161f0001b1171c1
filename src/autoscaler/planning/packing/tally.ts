/**
 * How many pods of a sort there are in each domain of a topology (zone, host). Domains are numbered by the board; one
 * exists here as soon as a node that counts is in it.
 */
export class Tally {
  /** Of all domains, and of pods on nodes that bear the topology's label. */
  total = 0;
  /** Of the fullest and the emptiest existing domain only the latter is asked for. */
  #least = 0;
  readonly #counts: number[] = [];
  /** Nodes that count, by domain. */
  readonly #nodes: number[] = [];
  /** How many existing domains hold so many pods. */
  readonly #domainsWith: number[] = [];
  domains = 0;

  /** @param key position of the topology key among the board's */
  constructor(readonly key: number) {}

  in(domain: number): number {
    return this.#counts[domain] ?? 0;
  }

  /** The fewest pods that an existing domain holds; 0 where there is no domain. */
  get least(): number {
    if (this.domains === 0) return 0;
    while ((this.#domainsWith[this.#least] ?? 0) === 0) this.#least += 1;
    return this.#least;
  }

  add(domain: number, count: 1 | -1): void {
    const before = this.in(domain);
    this.#counts[domain] = before + count;
    this.total += count;
    if ((this.#nodes[domain] ?? 0) > 0) this.#moved(before, before + count);
  }

  /** A node that counts came into the domain, or went. */
  node(domain: number, count: 1 | -1): void {
    const before = this.#nodes[domain] ?? 0;
    this.#nodes[domain] = before + count;
    if (before === 0 && count === 1) {
      this.domains += 1;
      this.#moved(undefined, this.in(domain));
    } else if (before + count === 0) {
      this.domains -= 1;
      this.#moved(this.in(domain), undefined);
    }
  }

  #moved(from: number | undefined, to: number | undefined): void {
    if (from !== undefined) this.#domainsWith[from] = (this.#domainsWith[from] ?? 0) - 1;
    if (to === undefined) return;
    this.#domainsWith[to] = (this.#domainsWith[to] ?? 0) + 1;
    if (to < this.#least) this.#least = to;
  }
}
