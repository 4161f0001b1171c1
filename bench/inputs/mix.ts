import { Random } from '../../src/world/random';
import { type BenchPod, type BenchType, HOST, type Input, type Labels, ZONE } from '../schema';

/**
 * The mix of Karpenter's own benchmark for a machine without Go: five equal fifths, the same value lists, other draws than
 * `karpbench gen` makes, for Go's generator of random numbers is not rebuilt here.
 */
export function mixedInput(pods: number, types: number, nodes: number, seed: number): Input {
  const draw = drawing(seed, 'mix');
  const label = (): Labels => ({ 'my-label': draw(LETTERS) });
  const spread = (topologyKey: string) => () => ({
    labels: label(),
    topologySpread: [{ topologyKey, maxSkew: 1, matchLabels: label() }],
  });
  const kinds: [string, () => Partial<BenchPod>][] = [
    ['generic', () => ({ labels: label() })],
    ['zonespread', spread(ZONE)],
    ['hostspread', spread(HOST)],
    [
      'zoneaff',
      () => {
        const labels = { 'my-affininity': draw(LETTERS) };
        return { labels, podAffinity: [{ topologyKey: ZONE, matchLabels: labels }] };
      },
    ],
    [
      'hostanti',
      () => ({
        labels: { app: 'nginx' },
        podAntiAffinity: [{ topologyKey: HOST, matchLabels: { app: 'nginx' } }],
      }),
    ],
  ];
  const fifth = Math.max(1, Math.floor(pods / kinds.length));
  return {
    schema: 'pack-bench/1',
    note: `pods=${pods} types=${types} nodes=${nodes} seed=${seed}, drawn without Go`,
    instanceTypes: linearTypes(types),
    existingNodes: Array.from({ length: nodes }, (_, i) => ({
      name: `node-${digits(i, 4)}`,
      zone: ZONES[i % ZONES.length] ?? '',
      cpuMilli: 8000,
      memoryMi: 16384,
      pods: 110,
      running: Array.from({ length: 4 }, (_, j) => podOf(`run-${digits(i, 4)}-${j}`, 1000, 2048, { labels: label() })),
    })),
    pods: Array.from({ length: pods }, (_, i) => {
      const [kind, make] = kinds[Math.floor(i / fifth)] ?? (kinds[0] as (typeof kinds)[0]);
      return podOf(`${kind}-${digits(i, 5)}`, draw(CPU), draw(MEMORY), make());
    }),
  };
}

export const ZONES = ['zone-1', 'zone-2', 'zone-3'];
const LETTERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const CPU = [100, 250, 500, 1000, 1500];
const MEMORY = [100, 256, 512, 1024, 2048, 4096];

/** Types of i vCPUs and 2i GiB at one price a vCPU and a byte. */
const linearTypes = (count: number): BenchType[] =>
  Array.from({ length: count }, (_, index) => {
    const size = index + 1;
    return {
      name: `it-${digits(size, 3)}`,
      cpuMilli: size * 1000,
      memoryMi: size * 2048,
      pods: size * 10,
      reservedCpuMilli: 100,
      reservedMemoryMi: 10,
      price: 0.1 * size + (0.1 * size * 2048 * 2 ** 20) / 1e9,
      zones: ZONES,
    };
  });

/** Draws uniformly from a list. */
export function drawing(seed: number, stream: string): <T>(values: readonly T[]) => T {
  const random = new Random(seed, stream);
  return <T>(values: readonly T[]) => values[Math.floor(random.next() * values.length)] as T;
}

export const podOf = (name: string, cpuMilli: number, memoryMi: number, more: Partial<BenchPod> = {}): BenchPod => ({
  name,
  uid: `uid-${name}`,
  cpuMilli,
  memoryMi,
  ...more,
});

const digits = (value: number, length: number): string => String(value).padStart(length, '0');
