import { isIPv4, isIPv6 } from 'node:net';

/** Addresses of the VPC, computed here so that they are the same in Terraform, in user data and in security rules. */

export interface Cidr {
  /** The network as a 32-bit number. */
  base: number;
  /** 0..32. */
  prefix: number;
}

/** Whether the text is an IPv4 or IPv6 network in CIDR notation, without bits set beyond its prefix. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  if (isIPv4(address)) return parseCidr(text) !== undefined;
  return isIPv6(address) && Number(prefix) <= 128 && ipv6Bits(address).slice(Number(prefix)).indexOf('1') < 0;
}

/** 128 binary digits; a tail in IPv4's notation and a zone are no part of a network. */
function ipv6Bits(address: string): string {
  if (/[.%]/.test(address)) return '1'.repeat(129);
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = address.includes('::') ? [...head, ...zeros, ...tail] : head;
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}

/** How many machines a network of nodes holds: EC2 keeps five addresses of each zone's subnet. */
export const roomForNodes = ({ prefix }: Cidr, zones: number): number => zones * (2 ** (32 - prefix - SUBNET_BITS) - 5);

/** Undefined where the text is not an IPv4 network in CIDR notation, or has bits set beyond its prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((byte) => byte > 255) || prefix > 32) return undefined;
  const base = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return base % 2 ** (32 - prefix) === 0 ? { base, prefix } : undefined;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Each subnet is 1/256 of the VPC: a /24 of a /16, which holds 251 nodes. */
const SUBNET_BITS = 8;

/** The subnet with that number: `10.0.1.0/24` is number 1 of `10.0.0.0/16`. */
export function subnetCidr(vpcCidr: string, index: number): string {
  const { base, prefix } = checked(vpcCidr);
  return `${dotted(base + index * 2 ** (32 - prefix - SUBNET_BITS))}/${prefix + SUBNET_BITS}`;
}

/** An address of that subnet; EC2 keeps the first four and the last. */
export function hostAddress(vpcCidr: string, index: number, host: number): string {
  const { base, prefix } = checked(vpcCidr);
  return dotted(base + index * 2 ** (32 - prefix - SUBNET_BITS) + host);
}

function checked(vpcCidr: string): Cidr {
  const cidr = parseCidr(vpcCidr);
  if (cidr === undefined) throw new RangeError(`'${vpcCidr}' is not an IPv4 network in CIDR notation`);
  return cidr;
}
