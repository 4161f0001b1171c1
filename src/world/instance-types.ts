const GIB = 1024 ** 3;

/** What a machine of a type really is. */
export interface MachineType {
  vcpu: number;
  /** As EC2 advertises it, bytes. */
  memoryBytes: number;
  arch: 'amd64' | 'arm64';
  /** NVIDIA's, as their device plugin offers them; the world's nodes run it from the start. */
  gpus?: number;
}

/** The share of the advertised memory that the kernel leaves to user space; K3s reserves none of it by default. */
const MEMORY_LEFT_BY_KERNEL = 0.95;
/** K3s' kubelet default. */
export const PODS_PER_NODE = 110;
/** Of the root volume (20 GiB gp3), what the file system offers. */
export const EPHEMERAL_STORAGE_BYTES = 19 * GIB;

type Sizes = Record<string, [vcpu: number, gib: number]>;

/** Burstable families: sizes and memory of https://aws.amazon.com/ec2/instance-types/t3/. */
const BURSTABLE: Sizes = {
  nano: [2, 0.5],
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  '2xlarge': [8, 32],
};

/** vCPUs of the sizes that the fixed-performance families share. */
const FIXED: Record<string, number> = {
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
  '12xlarge': 48,
  '16xlarge': 64,
};
/** GiB for each vCPU by the family's first letter: compute, general, memory. */
const GIB_PER_VCPU: Record<string, number> = { c: 2, m: 4, r: 8 };

const fixed = (family: string): Sizes =>
  Object.fromEntries(
    Object.entries(FIXED).map(([size, vcpu]) => [size, [vcpu, vcpu * (GIB_PER_VCPU[family[0] as string] as number)]]),
  );

/** Graviton families also come as `medium` with one vCPU. */
const graviton = (family: string): Sizes => ({
  medium: [1, GIB_PER_VCPU[family[0] as string] as number],
  ...fixed(family),
});

const X86 = [
  'm5',
  'm5a',
  'm6i',
  'm6a',
  'm7i',
  'm7a',
  'c5',
  'c5a',
  'c6i',
  'c6a',
  'c7i',
  'c7a',
  'r5',
  'r5a',
  'r6i',
  'r6a',
  'r7i',
  'r7a',
];
const ARM = ['m6g', 'm7g', 'm8g', 'c6g', 'c7g', 'c8g', 'r6g', 'r7g', 'r8g'];

const family = (name: string, sizes: Sizes, arch: MachineType['arch']): [string, MachineType][] =>
  Object.entries(sizes).map(([size, [vcpu, gib]]) => [`${name}.${size}`, { vcpu, memoryBytes: gib * GIB, arch }]);

/** GPU families: 4 vCPUs and 16 GiB for each `xlarge`, one GPU, and four in `12xlarge`. */
const graphics = (name: string): [string, MachineType][] =>
  [1, 2, 4, 8, 12, 16].map((xlarges) => [
    `${name}.${xlarges === 1 ? '' : xlarges}xlarge`,
    { vcpu: 4 * xlarges, memoryBytes: 16 * xlarges * GIB, arch: 'amd64', gpus: xlarges === 12 ? 4 : 1 },
  ]);

/** The types that this world's EC2 has. */
export const MACHINE_TYPES: ReadonlyMap<string, MachineType> = new Map([
  ...family('t3', BURSTABLE, 'amd64'),
  ...family('t3a', BURSTABLE, 'amd64'),
  ...family('t4g', BURSTABLE, 'arm64'),
  ...X86.flatMap((name) => family(name, fixed(name), 'amd64')),
  ...ARM.flatMap((name) => family(name, graviton(name), 'arm64')),
  ...['g4dn', 'g5', 'g6'].flatMap(graphics),
]);

/** Bytes that a node of this type offers to pods. */
export const allocatableMemory = (type: MachineType): number => Math.floor(type.memoryBytes * MEMORY_LEFT_BY_KERNEL);

/** @throws when the world has no such type; RunInstances refuses it before. */
export function machineType(name: string): MachineType {
  const type = MACHINE_TYPES.get(name);
  if (!type)
    throw new Error(
      `src/world/instance-types.ts: instance type "${name}" is not known to the world; add it to the table`,
    );
  return type;
}
