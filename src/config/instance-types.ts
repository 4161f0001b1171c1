import { dollarsPerHour } from '../cost/compute-prices';
import { EPHEMERAL_STORAGE, type Market, MEMORY_OVERHEAD, type TypeCapacity } from './runtime';

/**
 * Instance types that pools may name: vCPU, nominal memory and architecture as EC2 publishes them
 * (https://aws.amazon.com/ec2/instance-types/), GPUs too (compared with Karpenter's generated table,
 * https://karpenter.sh/docs/reference/instance-types/). Shipped, so that a configuration is checked without an account and the
 * function never has to ask.
 */

type Arch = TypeCapacity['arch'];

/** Size → [vCPU, memory in GiB]. */
type Sizes = Record<string, readonly [number, number]>;

const T2: Sizes = {
  nano: [1, 0.5],
  micro: [1, 1],
  small: [1, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  '2xlarge': [8, 32],
};
const T3: Sizes = { ...T2, nano: [2, 0.5], micro: [2, 1], small: [2, 2] };

const VCPU_UP_TO_4XLARGE = { large: 2, xlarge: 4, '2xlarge': 8, '4xlarge': 16 };
const VCPU_OF_INTEL = { ...VCPU_UP_TO_4XLARGE, '8xlarge': 32, '12xlarge': 48, '16xlarge': 64, '24xlarge': 96 };
const VCPU_OF_C5 = { ...VCPU_UP_TO_4XLARGE, '9xlarge': 36, '12xlarge': 48, '18xlarge': 72, '24xlarge': 96 };
const VCPU_OF_GRAVITON = {
  medium: 1,
  ...VCPU_UP_TO_4XLARGE,
  '8xlarge': 32,
  '12xlarge': 48,
  '16xlarge': 64,
};

/** Families of one shape: so many GiB for each vCPU. */
const sizes = (vcpus: Record<string, number>, gibPerVcpu: number): Sizes =>
  Object.fromEntries(Object.entries(vcpus).map(([size, vcpu]) => [size, [vcpu, vcpu * gibPerVcpu] as const]));

const VCPU_OF_GPU = { xlarge: 4, '2xlarge': 8, '4xlarge': 16, '8xlarge': 32, '12xlarge': 48, '16xlarge': 64 };
/** Not in order of size: the 16xlarge has more of everything else, and one GPU. */
const GPUS: Record<string, number> = {
  xlarge: 1,
  '2xlarge': 1,
  '4xlarge': 1,
  '8xlarge': 1,
  '12xlarge': 4,
  '16xlarge': 1,
};

interface Family {
  arch: Arch;
  sizes: Sizes;
  /** NVIDIA's, by size. */
  gpus?: Record<string, number>;
}

const NVIDIA: Family = { arch: 'amd64', sizes: sizes(VCPU_OF_GPU, 4), gpus: GPUS };

const FAMILIES: Record<string, Family> = {
  t2: { arch: 'amd64', sizes: T2 },
  t3: { arch: 'amd64', sizes: T3 },
  t3a: { arch: 'amd64', sizes: T3 },
  t4g: { arch: 'arm64', sizes: T3 },
  m5: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 4) },
  m6i: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 4) },
  m7i: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 4) },
  m6g: { arch: 'arm64', sizes: sizes(VCPU_OF_GRAVITON, 4) },
  m7g: { arch: 'arm64', sizes: sizes(VCPU_OF_GRAVITON, 4) },
  c5: { arch: 'amd64', sizes: sizes(VCPU_OF_C5, 2) },
  c6i: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 2) },
  c7i: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 2) },
  c6g: { arch: 'arm64', sizes: sizes(VCPU_OF_GRAVITON, 2) },
  c7g: { arch: 'arm64', sizes: sizes(VCPU_OF_GRAVITON, 2) },
  r5: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 8) },
  r6i: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 8) },
  r7i: { arch: 'amd64', sizes: sizes(VCPU_OF_INTEL, 8) },
  r6g: { arch: 'arm64', sizes: sizes(VCPU_OF_GRAVITON, 8) },
  r7g: { arch: 'arm64', sizes: sizes(VCPU_OF_GRAVITON, 8) },
  g4dn: NVIDIA,
  g5: NVIDIA,
  g6: NVIDIA,
};

export interface InstanceType {
  vcpu: number;
  memoryMib: number;
  arch: Arch;
  /** Of NVIDIA; 0 for most. */
  gpus: number;
}

export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(
  Object.entries(FAMILIES).flatMap(([family, { arch, sizes, gpus }]) =>
    Object.entries(sizes).map(([size, [vcpu, gib]]) => [
      `${family}.${size}`,
      { vcpu, memoryMib: gib * 1024, arch, gpus: gpus?.[size] ?? 0 },
    ]),
  ),
);

/** The kubelet's default `maxPods`, which K3s with flannel leaves as it is: pods take no addresses of the VPC. */
const PODS = 110;
const MIB = 1_048_576;
/**
 * What a node of this type offers to pods, GPUs included: it offers those once the driver and NVIDIA's device plugin run
 * there, which this project does not install. K3s reserves no CPU by default. Undefined: the type is not shipped.
 */
export function typeCapacity(instanceType: string): TypeCapacity | undefined {
  const type = INSTANCE_TYPES.get(instanceType);
  if (type === undefined) return undefined;
  const price = (market: Market): number => {
    const price = dollarsPerHour(instanceType, market);
    if (price === undefined) throw new RangeError(`src/cost/compute-prices.ts has no price of '${instanceType}'`);
    // Six digits are less than a cent a year, and keep the variable that carries them short.
    return Number(price.toFixed(6));
  };
  return {
    cpuMilli: type.vcpu * 1000,
    memoryBytes: Math.floor(type.memoryMib * (1 - MEMORY_OVERHEAD)) * MIB,
    pods: PODS,
    arch: type.arch,
    others: { 'ephemeral-storage': EPHEMERAL_STORAGE, ...(type.gpus === 0 ? {} : { 'nvidia.com/gpu': type.gpus }) },
    usdPerHour: { 'on-demand': price('on-demand'), spot: price('spot') },
  };
}
