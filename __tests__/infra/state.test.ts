import { all, one, synthesized } from './support';

describe('the state', () => {
  const stack = synthesized();

  it('is a table for the cluster, which can be restored to any second', () => {
    expect(one(stack, 'aws_dynamodb_table', 'name', 'k3s-cluster-state-test')).toMatchObject({
      hash_key: 'cluster_id',
      billing_mode: 'PAY_PER_REQUEST',
      point_in_time_recovery: { enabled: true },
      deletion_protection_enabled: false,
    });
  });

  it('has its history apart, which expires', () => {
    expect(one(stack, 'aws_dynamodb_table', 'name', 'k3s-cluster-history-test')).toMatchObject({
      hash_key: 'cluster_id',
      range_key: 'at',
      billing_mode: 'PAY_PER_REQUEST',
      ttl: { attribute_name: 'expires_at', enabled: true },
    });
  });

  it('cannot be deleted on a protected stage', () => {
    const protectedStack = synthesized({ stages: { protected: ['live'] } }, 'live');
    expect(
      one(protectedStack, 'aws_dynamodb_table', 'name', 'k3s-cluster-state-live').deletion_protection_enabled,
    ).toBe(true);
  });
});

describe('the parameters', () => {
  const stack = synthesized();

  it('are made as pending, by write-only values, so that no token is ever in a state', () => {
    const parameters = all(stack, 'aws_ssm_parameter').map(({ name, type, value, value_wo, value_wo_version }) => [
      name,
      type,
      value,
      value_wo,
      value_wo_version,
    ]);
    expect(parameters.sort()).toEqual([
      ['/k3s/ca/test', 'String', undefined, 'pending', 1],
      ['/k3s/controller-token/test', 'SecureString', undefined, 'pending', 1],
      ['/k3s/join-token/test', 'SecureString', undefined, 'pending', 1],
    ]);
  });
});
