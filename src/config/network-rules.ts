import { type Found, twice, violation } from './found';
import { type Cidr, parseCidr, roomForNodes } from './network';
import type { ResolvedConfig } from './schema';

/** What must hold between region, zones and network. */

export function network({ region, zones, vpcCidr, limits: { maxNodes } }: ResolvedConfig): Found {
  const standard = `['${region}a', '${region}b']`;
  const found = zones.flatMap((zone, index) =>
    zone.length === region.length + 1 && zone.startsWith(region) && /[a-z]$/.test(zone)
      ? []
      : [
          violation(
            ['zones', index],
            zone,
            `must be a zone of the region '${region}'`,
            `write for example zones: ${standard}`,
          ),
        ],
  );
  found.push(...twice(['zones'], zones, 'zone'));
  const cidr = parseCidr(vpcCidr);
  if (cidr === undefined || cidr.prefix < 16 || cidr.prefix > 20) {
    found.push(
      violation(['vpcCidr'], vpcCidr, 'must be a network between /16 and /20, no host bits set', "write '10.0.0.0/16'"),
    );
  }
  const room = cidr && cidr.prefix <= 20 ? roomForNodes(cidr, zones.length) : Number.POSITIVE_INFINITY;
  if (room <= maxNodes) {
    found.push(
      violation(
        ['vpcCidr'],
        vpcCidr,
        `must have addresses for limits.maxNodes (${maxNodes}) and the server, and has ${room} in ${zones.length} zone(s)`,
        'write a larger network (a smaller number behind the slash), name more zones, or lower limits.maxNodes',
      ),
    );
  }
  const taken = cidr && K3S_NETWORKS.find((own) => overlap(cidr, own));
  if (cidr !== undefined && (taken !== undefined || !PRIVATE.some((own) => contains(own, cidr)))) {
    found.push(
      violation(
        ['vpcCidr'],
        vpcCidr,
        'must be private (10/8, 172.16/12, 192.168/16, 100.64/10) and not 10.42.0.0/16 or 10.43.0.0/16, which K3s gives to pods and services',
        "write '10.0.0.0/16'",
      ),
    );
  }
  return found;
}

const known = (text: string): Cidr => parseCidr(text) ?? { base: 0, prefix: 32 };
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map(known);
/** https://docs.k3s.io/cli/server#networking */
const K3S_NETWORKS = ['10.42.0.0/16', '10.43.0.0/16'].map(known);
const contains = (outer: Cidr, inner: Cidr): boolean =>
  outer.prefix <= inner.prefix &&
  Math.floor(inner.base / 2 ** (32 - outer.prefix)) === outer.base / 2 ** (32 - outer.prefix);
const overlap = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a);

/** Regions without a dual-stack name of EC2, and without URLs of functions (AWS' endpoint tables as of November 2026). */
const NO_DUAL_STACK = new Set(
  'ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ap-northeast-3 ap-east-2 ca-west-1 eu-south-2 eu-central-2 il-central-1 mx-central-1 me-central-1'.split(
    ' ',
  ),
);
const NO_FUNCTION_URL = new Set(
  'ap-south-2 ap-southeast-4 ca-west-1 eu-south-2 eu-central-2 il-central-1 me-central-1'.split(' '),
);

export function region({ region, network: { functionEgress } }: ResolvedConfig): Found {
  if (NO_FUNCTION_URL.has(region) || region.startsWith('cn-')) {
    const rule = 'must be a region where functions have URLs (and not one in China): the stack needs one for the alert';
    return [violation(['region'], region, rule, "write for example 'us-east-1'")];
  }
  if (functionEgress !== 'ipv6' || !NO_DUAL_STACK.has(region)) return [];
  const rule = `in ${region} EC2 has no dual-stack name, so the function would not reach it over IPv6`;
  return [violation(['network', 'functionEgress'], functionEgress, rule, "write 'interface-endpoints'")];
}
