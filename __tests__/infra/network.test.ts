import { all, one, type Synthesized, synthesized } from './support';

const ipv6 = synthesized();
const endpoints = synthesized({ network: { functionEgress: 'interface-endpoints' } });

const functionSubnets = (stack: Synthesized): string[] =>
  (one(stack, 'aws_lambda_function').vpc_config as { subnet_ids: string[] }).subnet_ids;

/** Routes of the table that a subnet is in. */
function routesOf(stack: Synthesized, subnet: string) {
  const table = one(stack, 'aws_route_table_association', 'subnet_id', subnet).route_table_id;
  return { table, routes: all(stack, 'aws_route').filter((route) => route.route_table_id === table) };
}

describe('the network', () => {
  it('is dual-stack, with a public subnet for nodes in each zone', () => {
    expect(one(ipv6, 'aws_vpc')).toMatchObject({ cidr_block: '10.0.0.0/16', assign_generated_ipv6_cidr_block: true });
    const publicSubnets = all(ipv6, 'aws_subnet').filter((subnet) => subnet.map_public_ip_on_launch === true);
    expect(publicSubnets.map((subnet) => [subnet.availability_zone, subnet.cidr_block])).toEqual([
      ['us-east-1a', '10.0.1.0/24'],
      ['us-east-1b', '10.0.2.0/24'],
    ]);
  });

  it('gives the function IPv6 out, in every subnet, and no IPv4 route', () => {
    expect(functionSubnets(ipv6)).toHaveLength(2);
    for (const subnet of functionSubnets(ipv6)) {
      expect(routesOf(ipv6, subnet).routes).toEqual([
        expect.objectContaining({
          destination_ipv6_cidr_block: '::/0',
          egress_only_gateway_id: expect.stringContaining('aws_egress_only_internet_gateway'),
        }),
      ]);
      const id = /aws_subnet\.(.+)\.id/.exec(subnet)?.[1] ?? '';
      expect(ipv6.resource.aws_subnet?.[id]?.ipv6_cidr_block).toMatch(
        /^\$\{cidrsubnet\(aws_vpc\..+ipv6_cidr_block, 8, /,
      );
    }
    expect(one(ipv6, 'aws_lambda_function').vpc_config).toMatchObject({ ipv6_allowed_for_dual_stack: true });
    expect(variables(ipv6).NODE_OPTIONS).toBe('--dns-result-order=ipv6first');
  });

  it.each([ipv6, endpoints])('reaches DynamoDB and S3 by gateway endpoints, the nodes S3 too', (stack) => {
    const nodes = all(stack, 'aws_route').find((route) => route.destination_cidr_block === '0.0.0.0/0')?.route_table_id;
    const { table } = routesOf(stack, functionSubnets(stack)[0] ?? '');
    const gateway = (service: string) =>
      one(stack, 'aws_vpc_endpoint', 'service_name', `com.amazonaws.us-east-1.${service}`);
    expect(gateway('dynamodb')).toMatchObject({ vpc_endpoint_type: 'Gateway', route_table_ids: [table] });
    expect(gateway('s3')).toMatchObject({ vpc_endpoint_type: 'Gateway', route_table_ids: [nodes, table] });
  });

  it('has nothing that costs while it stands: no NAT gateway, no address, no interface endpoint', () => {
    expect(all(ipv6, 'aws_nat_gateway')).toEqual([]);
    expect(all(ipv6, 'aws_eip')).toEqual([]);
    expect(all(ipv6, 'aws_vpc_endpoint').map((each) => each.vpc_endpoint_type)).toEqual(['Gateway', 'Gateway']);
  });
});

describe("the server's address", () => {
  const reservation = one(ipv6, 'aws_ec2_subnet_cidr_reservation');
  const instance = (name: string) => ipv6.resource.aws_instance?.[name];

  it('is kept from every node that does not ask for it by name', () => {
    expect(reservation).toMatchObject({
      cidr_block: `${instance('server')?.private_ip}/32`,
      reservation_type: 'explicit',
      subnet_id: instance('server')?.subnet_id,
    });
  });

  it.each(['server', 'base-0'])('is reserved before %s is made', (name) => {
    expect(instance(name)?.depends_on).toContainEqual(
      expect.stringMatching(/^aws_ec2_subnet_cidr_reservation\.network_server-address_/),
    );
  });
});

describe('a zone that is added', () => {
  it('moves no subnet of another one', () => {
    const more = synthesized({ zones: ['us-east-1a', 'us-east-1c', 'us-east-1b'] });
    for (const [id, subnet] of Object.entries(ipv6.resource.aws_subnet ?? {})) {
      expect(more.resource.aws_subnet?.[id]).toEqual(subnet);
    }
  });
});

describe('the network of an account without IPv6', () => {
  it('has the same VPC and subnets, so that one can change one’s mind', () => {
    for (const type of ['aws_vpc', 'aws_subnet']) expect(endpoints.resource[type]).toEqual(ipv6.resource[type]);
  });

  it('has no way out over IPv6, and reaches EC2 and SSM by an interface endpoint in every zone', () => {
    expect(all(endpoints, 'aws_egress_only_internet_gateway')).toEqual([]);
    const interfaces = all(endpoints, 'aws_vpc_endpoint').filter((each) => each.vpc_endpoint_type === 'Interface');
    expect(interfaces.map((each) => each.service_name)).toEqual([
      'com.amazonaws.us-east-1.ec2',
      'com.amazonaws.us-east-1.ssm',
    ]);
    for (const each of interfaces) {
      expect(each).toMatchObject({ private_dns_enabled: true, subnet_ids: functionSubnets(endpoints) });
    }
  });

  it('does not ask for dual stack, neither Lambda nor the SDK nor Node', () => {
    expect(one(endpoints, 'aws_lambda_function').vpc_config).toMatchObject({ ipv6_allowed_for_dual_stack: false });
    expect(variables(endpoints).NODE_OPTIONS).toBeUndefined();
  });

  it('lets function and nodes in at the endpoints, whose names hold for the whole VPC', () => {
    const group = one(endpoints, 'aws_security_group', 'name', 'k3s-test-endpoints');
    expect(group).toBeDefined();
    const from = all(endpoints, 'aws_vpc_security_group_ingress_rule')
      .filter((rule) => String(rule.security_group_id).includes('endpoints_group'))
      .map((rule) => /security_(nodes|function)/.exec(String(rule.referenced_security_group_id))?.[1]);
    expect(from.sort()).toEqual(['function', 'nodes']);
  });
});

const variables = (stack: Synthesized): Record<string, string> =>
  (one(stack, 'aws_lambda_function').environment as { variables: Record<string, string> }).variables;
