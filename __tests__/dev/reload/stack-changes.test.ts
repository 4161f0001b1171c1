import { stackChanges } from '../../../src/dev/reload/stack-changes';

const stack = (resource: object, rest: object = {}) => ({
  '//': { metadata: { version: '0.21.0' } },
  provider: { aws: [{ region: 'us-east-1' }] },
  resource,
  ...rest,
});
const vpc = (fields: object = {}) => ({
  main: { '//': { metadata: { path: 'a' } }, cidr_block: '10.0.0.0/16', ...fields },
});

it('names what is added, changed and removed by its address, and the fields of a change', () => {
  const before = stack(
    { aws_vpc: vpc(), aws_subnet: { a: { zone: 'a' } } },
    { output: { url: { value: 'x' } }, data: { aws_ami: { k3s: { owners: ['amazon'] } } } },
  );
  const now = stack(
    { aws_vpc: vpc({ cidr_block: '10.1.0.0/16', tags: { team: 'b' } }), aws_eip: { server: {} } },
    { output: { url: { value: 'y' } }, data: { aws_ami: { k3s: { owners: ['self'] } } } },
  );
  expect(stackChanges(before, now)).toEqual([
    '+ aws_eip.server',
    '- aws_subnet.a',
    '~ aws_vpc.main: cidr_block, tags',
    '~ data.aws_ami.k3s: owners',
    '~ output.url: value',
  ]);
});

it('says nothing of two stacks that differ in comments and order alone', () => {
  const [a, b] = [
    { aws_vpc: vpc() },
    { aws_vpc: { main: { cidr_block: '10.0.0.0/16', '//': { metadata: { path: 'b' } } } } },
  ];
  expect(stackChanges(stack(a), stack(b))).toEqual([]);
});

it('tells a changed provider and a whole block that is new', () => {
  const now = { ...stack({}), provider: { aws: [{ region: 'eu-west-1' }] }, locals: { zone: 'a' } };
  expect(stackChanges(stack({}), now)).toEqual(['+ locals.zone', '~ provider.aws: value']);
});
