import { lossesIn } from '../../src/deploy/losses';
import { type PlanJson, summaryOf } from '../../src/deploy/summary';
import { planJson } from './stub-terraform';

const lost = (...changes: Parameters<typeof planJson>[1]): string[] =>
  lossesIn(summaryOf(JSON.parse(planJson('test', changes)) as PlanJson).resources).map(
    ({ action, address }) => `${action} ${address}`,
  );

describe('what a deploy never does', () => {
  it.each([
    'aws_ebs_volume.server_data',
    'aws_dynamodb_table.state_table',
    'aws_ssm_parameter.parameters_ca',
    'aws_lambda_invocation.last-call',
    'aws_vpc.network_vpc',
    'aws_subnet.network_public-us-east-1a',
    'aws_instance.server',
  ])('is to make %s anew, or to take it away', (address) => {
    expect(lost([address, ['delete', 'create']])).toEqual([`replace ${address}`]);
    expect(lost([address, ['create', 'delete']])).toEqual([`replace ${address}`]);
    expect(lost([address, ['delete']])).toEqual([`destroy ${address}`]);
    expect(lost([address, ['update']])).toEqual([]);
  });

  it('is to make a base worker anew; fewer of them are the wish of whoever changed the configuration', () => {
    expect(lost(['aws_instance.base-0', ['delete', 'create']])).toEqual(['replace aws_instance.base-0']);
    expect(lost(['aws_instance.base-0', ['delete']])).toEqual([]);
  });

  it.each(['replace_by_request', 'replace_because_tainted'])('is to lose data, though %s', (reason) => {
    expect(lost(['aws_ebs_volume.server_data', ['delete', 'create'], reason])).toHaveLength(1);
  });

  it('is not what somebody asked for, nor to make anew what was never finished', () => {
    expect(lost(['aws_instance.server', ['delete', 'create'], 'replace_by_request'])).toEqual([]);
    expect(lost(['aws_instance.base-0', ['delete', 'create'], 'replace_because_tainted'])).toEqual([]);
    expect(lost(['aws_instance.base-0', ['delete', 'create'], 'replace_because_cannot_update'])).toHaveLength(1);
  });

  it('is nothing about resources that carry nothing', () => {
    expect(lost(['aws_launch_template.pools_burst', ['delete', 'create']], ['aws_iam_role.a', ['delete']])).toEqual([]);
  });
});
