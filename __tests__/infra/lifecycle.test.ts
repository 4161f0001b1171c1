import { one, type Synthesized, synthesized } from './support';

/** What a resource refers to or depends on, by address, directly. */
function needs(stack: Synthesized, type: string, id: string): string[] {
  const resource = stack.resource[type]?.[id];
  if (resource === undefined) throw new Error(`${type}.${id} is not in the stack`);
  const text = JSON.stringify({ ...resource, '//': undefined });
  return [...text.matchAll(/\b(aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)/g)].flatMap(([, address]) => address ?? []);
}

function allNeeds(stack: Synthesized, address: string, found = new Set<string>()): Set<string> {
  const [type = '', id = ''] = address.split('.');
  for (const next of needs(stack, type, id)) {
    if (found.has(next)) continue;
    found.add(next);
    allNeeds(stack, next, found);
  }
  return found;
}

const addresses = (stack: Synthesized, type: string): string[] =>
  Object.keys(stack.resource[type] ?? {}).map((id) => `${type}.${id}`);

describe.each([
  ['ipv6', synthesized()],
  ['interface-endpoints', synthesized({ network: { functionEgress: 'interface-endpoints' } })],
])('the last call of the function (%s)', (egress, stack) => {
  const [invocation = ''] = addresses(stack, 'aws_lambda_invocation');

  it('is made when Terraform deletes it, with a constant input', () => {
    expect(one(stack, 'aws_lambda_invocation')).toMatchObject({ lifecycle_scope: 'CRUD', input: '{}' });
  });

  it('is never replaced, which would be to delete it', () => {
    expect(one(stack, 'aws_lambda_invocation').lifecycle).toEqual({ ignore_changes: 'all' });
  });

  // Terraform destroys what depends on something before that something.
  it.each(['aws_scheduler_schedule', 'aws_cloudwatch_event_rule', 'aws_lambda_function_url'])(
    'comes after every %s is gone',
    (type) => {
      expect(addresses(stack, type).length).toBeGreaterThan(0);
      for (const each of addresses(stack, type)) expect(allNeeds(stack, each)).toContain(invocation);
    },
  );

  it('comes while function, rights, log, state and every way out of its subnets are still there', () => {
    const kept = allNeeds(stack, invocation);
    const paths = {
      ipv6: ['aws_egress_only_internet_gateway', 'aws_vpc_security_group_egress_rule'],
      'interface-endpoints': ['aws_vpc_endpoint'],
    }[egress as 'ipv6' | 'interface-endpoints'];
    expect([...kept].map((address) => address.split('.')[0])).toEqual(
      expect.arrayContaining(['aws_lambda_function', 'aws_cloudwatch_log_group', 'aws_subnet', ...paths]),
    );
    const mine = (address: string) => /function|autoscaler/.test(address);
    for (const type of ['aws_iam_role_policy', 'aws_vpc_security_group_egress_rule']) {
      expect([...kept]).toEqual(expect.arrayContaining(addresses(stack, type).filter(mine)));
    }
    expect([...kept]).toEqual(expect.arrayContaining(addresses(stack, 'aws_dynamodb_table')));
  });

  it('comes while the nodes, whose workers it ends, still have their way out', () => {
    const ways = ['aws_route_table_association', 'aws_route', 'aws_internet_gateway'];
    expect([...allNeeds(stack, invocation)]).toEqual(
      expect.arrayContaining(ways.flatMap((type) => addresses(stack, type))),
    );
  });
});
