import { isHarmless } from '../../../src/deploy/review/harmless';
import { isWeighty, warningsIn } from '../../../src/deploy/review/warnings';
import type { ResourceChange } from '../../../src/deploy/summary';
import { synthesized } from '../../infra/support';

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
    ['aws_volume_attachment.server_attachment', 'The attachment of the data volume'],
    ['aws_lambda_function.autoscaler_function', 'The function'],
    ['aws_scheduler_schedule.schedule_schedule', 'The schedule'],
    ['aws_cloudwatch_log_group.autoscaler_logs', "The function's log"],
    ['aws_s3_bucket.files_bucket', 'The bucket of the node files'],
  ])('are there for %s, by what it is', (address, what) => {
    expect(warned(address, 'replace')).toMatchObject([{ what, action: 'replace', addresses: [address] }]);
    expect(warned(address, 'destroy')).toMatchObject([{ what, action: 'destroy', addresses: [address] }]);
    expect(warned(address, 'change')).toEqual([]);
    expect(warned(address, 'add')).toEqual([]);
  });

  it('go by the type, in whatever module the resource is', () => {
    const type = 'aws_dynamodb_table';
    const [warning] = warningsIn([{ address: `module.a[0].${type}.state_history_1`, type, action: 'destroy' }]);
    expect(warning?.what).toBe("The table of the autoscaler's history");
  });

  it('are there, or nothing can be lost, for each type that a stage is made of', () => {
    const configs = [
      { alarms: { enabled: true, emails: ['ana@example.com'] } },
      { network: { functionEgress: 'interface-endpoints' } },
    ];
    const types = new Set(configs.flatMap((config) => Object.keys(synthesized(config).resource)));
    expect(types.size).toBeGreaterThan(40);
    for (const type of types) {
      expect({ type, known: [isWeighty(type), isHarmless(type)].filter(Boolean) }).toEqual({ type, known: [true] });
    }
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
