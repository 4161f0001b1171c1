/** The alphabet of Kubernetes' generated names: no vowels and no look-alikes (apimachinery `rand.SafeEncodeString`). */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';
const HEX = '0123456789abcdef';

/**
 * Seeded randomness (mulberry32). Each purpose has a stream of its own, so that one pod more does not change the ids of
 * the instances that follow.
 */
export class Random {
  #state: number;

  constructor(seed: number, stream: string) {
    this.#state = fnv1a(`${seed}/${stream}`);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  hex(length: number): string {
    return this.#text(HEX, length);
  }

  /** As the end of a generated pod name. */
  suffix(length = 5): string {
    return this.#text(SAFE, length);
  }

  /** A version 4 UUID. */
  uuid(): string {
    const variant = HEX[8 + Math.floor(this.next() * 4)];
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${variant}${this.hex(3)}-${this.hex(12)}`;
  }

  #text(alphabet: string, length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) text += alphabet[Math.floor(this.next() * alphabet.length)];
    return text;
  }
}

/** 32-bit FNV-1a; also names ReplicaSets by their template. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The 10 letters that Kubernetes puts between a Deployment's name and a pod's. */
export const templateHash = (template: unknown): string =>
  new Random(fnv1a(JSON.stringify(template)), 'template').suffix(10);
