import { marketsOf, type ResolvedConfig } from '../../../config/schema';
import { imageParameter } from '../../../infra/image';
import type { Check } from '../check';
import { ok, type Said, skipped } from '../finding';

const zones: Check = {
  name: 'zones',
  when: 'before',
  service: 'EC2',
  what: 'zones',
  run: async ({ config, stage, outside }) => {
    const offered = await outside.zones();
    const missing = config.zones.filter((zone) => !offered.some(({ name }) => name === zone));
    const impaired = offered.filter(({ name, state }) => config.zones.includes(name) && state !== 'available');
    if (missing.length > 0) {
      return [
        {
          level: 'problem',
          what: 'zones',
          value: missing.join(', '),
          rule: `must be zones of ${stage.region} that the account may use: ${offered.map(({ name }) => name).join(', ')}`,
          fix: 'write zones out of these into the configuration',
        },
      ];
    }
    return impaired.length === 0
      ? [ok('zones', config.zones.join(', '))]
      : impaired.map(({ name, state }) => ({
          level: 'warning',
          what: name,
          value: state,
          rule: 'should be available',
          fix: 'wait: https://health.aws.amazon.com says what AWS knows of it',
        }));
  },
};

/** Who launches which types into which zones. */
function launches({ zones, server, baseWorkers, pools }: ResolvedConfig) {
  const [first = ''] = zones;
  return [
    { who: 'the server', types: [server.instanceType], zones: [first], standing: true },
    // Over the zones in turn, as src/infra/network.ts has it.
    {
      who: 'base workers',
      types: [baseWorkers.instanceType],
      zones: zones.slice(0, Math.min(baseWorkers.count, zones.length)),
      standing: true,
    },
    ...Object.entries(pools)
      .filter(([, { max }]) => max > 0)
      .map(([name, { instanceTypes }]) => ({ who: `pool ${name}`, types: instanceTypes, zones, standing: false })),
  ];
}

const instanceTypes: Check = {
  name: 'instance-types',
  when: 'before',
  service: 'EC2',
  what: 'instance types',
  run: async ({ config, stage, outside }) => {
    const wanted = launches(config);
    const types = [...new Set(wanted.flatMap((each) => each.types))].sort();
    const offered = new Set(
      (await outside.offerings(types, config.zones)).map(({ type, zone }) => `${type} in ${zone}`),
    );
    const said = wanted.flatMap(({ who, types, zones, standing }): Said[] => {
      const all = types.flatMap((type) => zones.map((zone) => `${type} in ${zone}`));
      const missing = all.filter((each) => !offered.has(each));
      if (missing.length === 0) return [];
      const isNeeded = standing || missing.length === all.length;
      return [
        {
          level: isNeeded ? 'problem' : 'warning',
          what: who,
          value: `not offered: ${missing.join(', ')}`,
          rule: isNeeded ? 'EC2 must offer its type there' : 'each launch there fails before another one is tried',
          fix: 'name another type or zone in the configuration; what a type is offered in, says',
          command: `aws ec2 describe-instance-type-offerings --location-type availability-zone --filters Name=instance-type,Values=${types.join(',')} --region ${stage.region}`,
        },
      ];
    });
    return said.length > 0
      ? said
      : [ok('instance types', `${types.join(', ')} are offered in ${config.zones.join(', ')}`)];
  },
};

const image: Check = {
  name: 'image',
  when: 'before',
  service: 'SSM',
  what: "the nodes' image",
  run: async ({ config, stage, outside }) => {
    const types = [[config.server.instanceType], [config.baseWorkers.instanceType]];
    const all = [...types, ...Object.values(config.pools).map((pool) => pool.instanceTypes)];
    const parameters = [...new Set(all.map(imageParameter))].sort();
    return Promise.all(
      parameters.map(async (parameter): Promise<Said> => {
        const id = await outside.image(parameter);
        if (id?.startsWith('ami-')) return ok(parameter, id);
        return {
          level: 'problem',
          what: parameter,
          value: id ?? 'not there',
          rule: "Amazon's public parameter must name an image in the region: EC2 reads it at each launch",
          fix: 'use a region that has it; what there is, says',
          command: `aws ssm get-parameters-by-path --path /aws/service/ami-amazon-linux-latest --region ${stage.region} --query 'Parameters[].Name'`,
        };
      }),
    );
  },
};

const SPOT_ROLE = 'AWSServiceRoleForEC2Spot';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html */
const spotRole: Check = {
  name: 'spot-role',
  when: 'before',
  service: 'IAM',
  what: SPOT_ROLE,
  run: async ({ config, outside }) => {
    const pools = Object.entries(config.pools).filter(([, { market }]) => marketsOf(market).includes('spot'));
    if (pools.length === 0) return [skipped(SPOT_ROLE, 'no pool buys spot instances')];
    if (await outside.hasRole(SPOT_ROLE)) return [ok(SPOT_ROLE)];
    return [
      {
        level: 'warning',
        what: SPOT_ROLE,
        value: 'not there',
        rule: `EC2 needs it for spot (${pools.map(([name]) => `pool ${name}`).join(', ')}). The function may have it made by its first request, where no policy of the organization forbids that`,
        fix: 'make it beforehand, once for the account',
        command: 'aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
      },
    ];
  },
};

/** The function has no way to the IPv4 internet (docs/infrastructure.md), so these names must have IPv6 addresses. */
const endpointNames: Check = {
  name: 'endpoint-names',
  when: 'before',
  what: 'dual-stack names of EC2 and SSM',
  run: async ({ config, outside }) => {
    const what = 'dual-stack names of EC2 and SSM';
    if (config.network.functionEgress !== 'ipv6') {
      return [skipped(what, 'network.functionEgress is interface-endpoints: the function asks at private addresses')];
    }
    if (outside.isEmulated()) return [skipped(what, 'AWS_ENDPOINT_URL leads to an emulator, which has no such names')];
    const [ordinary = ''] = await outside.endpoints({ dualStack: false });
    // A name server that knows no names of AWS at all, as behind some proxies, says nothing of these.
    const isKnowing = (await outside.addresses(ordinary, 4)).length > 0;
    return Promise.all(
      (await outside.endpoints({ dualStack: true })).map(async (name): Promise<Said> => {
        const [address] = await outside.addresses(name, 6);
        if (address !== undefined) return ok(name, address);
        if (!isKnowing) return unresolvable(name, ordinary);
        return {
          level: 'problem',
          what: name,
          value: 'no IPv6 address',
          rule: 'must have one: the function leaves its network by IPv6 alone',
          fix: "write network: { functionEgress: 'interface-endpoints' } into the configuration, or use a region that has it",
          command: `dig AAAA ${name}`,
        };
      }),
    );
  },
};

const unresolvable = (name: string, ordinary: string): Said => ({
  level: 'unknown',
  what: name,
  value: `the name servers of this machine do not know ${ordinary} either`,
  rule: 'must have an IPv6 address: the function leaves its network by IPv6 alone',
  fix: 'ask where names of the internet are known',
  command: `dig AAAA ${name}`,
});

/** What region and account must offer. */
export const regionChecks = [zones, instanceTypes, image, spotRole, endpointNames];
