import { warningsIn } from '../../../src/deploy/review/warnings';
import type { ResourceChange } from '../../../src/deploy/summary';

const warned = (address: string, action: ResourceChange['action'], reason?: string) =>
  warningsIn([{ address, type: address.split('.')[0] ?? '', action, ...(reason === undefined ? {} : { reason }) }]);

describe('the warnings of a plan', () => {
  it.each([
    ['aws_ebs_volume.server_data_1', "The server's data volume"],
    ['aws_dynamodb_table.state_table_1', "The table of the autoscaler's state"],
    ['aws_dynamodb_table.state_history_1', "The table of the autoscaler's history"],
    ['aws_dynamodb_table.another', "The table of the autoscaler's state"],
    ['aws_instance.server', 'The server'],
    ['aws_instance.base-0', 'A base worker'],
    ['aws_ssm_parameter.parameters_ca', 'A parameter with a token of the cluster'],
    ['aws_lambda_invocation.last-call', "The function's last call"],
    ['aws_vpc.network_vpc', 'The network'],
    ['aws_subnet.network_public', 'A subnet'],
    ['aws_cloudwatch_log_group.autoscaler_logs', "The function's log"],
    ['aws_s3_bucket.files_bucket', 'The bucket of the node files'],
  ])('are there for %s, by what it is', (address, what) => {
    expect(warned(address, 'replace')).toMatchObject([{ what, action: 'replace', addresses: [address] }]);
    expect(warned(address, 'destroy')).toMatchObject([{ what, action: 'destroy', addresses: [address] }]);
    expect(warned(address, 'change')).toEqual([]);
    expect(warned(address, 'add')).toEqual([]);
  });

  it('say what to do as the deploy will say it that refuses the plan', () => {
    expect(warned('aws_instance.server', 'replace')).toMatchObject([
      { refused: true, todo: expect.stringContaining('--replace') },
    ]);
    expect(warned('aws_instance.server', 'replace', 'replace_by_request')).toMatchObject([{ refused: false }]);
  });

  it('promise no new server where none is made', () => {
    expect(warned('aws_instance.server', 'destroy')[0]?.lost).toContain('no other server is made');
    expect(warned('aws_instance.server', 'replace')[0]?.lost).toContain('until the new server has booted');
  });

  it('are one for each kind, the heaviest first', () => {
    const resources = ['aws_subnet.a', 'aws_subnet.b', 'aws_ebs_volume.c'].map((address) => ({
      address,
      type: address.split('.')[0] ?? '',
      action: 'destroy' as const,
    }));
    expect(warningsIn(resources).map(({ addresses }) => addresses)).toEqual([
      ['aws_ebs_volume.c'],
      ['aws_subnet.a', 'aws_subnet.b'],
    ]);
  });
});
