import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { RuntimeConfig, RuntimeResources } from '../../src/config/runtime';
import { all, one, statements, synthesized } from './support';

const stack = synthesized();
const lambda = one(stack, 'aws_lambda_function');
const { variables } = lambda.environment as { variables: Record<string, string> };

describe('the function', () => {
  it('runs the bytes of the artifact', () => {
    expect(lambda).toMatchObject({
      runtime: 'nodejs22.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      timeout: 60,
      memory_size: 512,
      source_code_hash: createHash('sha256').update('the artifact').digest('base64'),
    });
    expect(lambda.filename).toMatch(/^assets\//);
  });

  it('reserves no concurrency: a new account has ten in all, and refuses', () => {
    expect(lambda.reserved_concurrent_executions).toBeUndefined();
  });

  it('is told its configuration, in which nothing waits for Terraform', () => {
    const json = gunzipSync(Buffer.from(variables.AUTOSCALER_CONFIG ?? '', 'base64')).toString();
    expect(json).not.toMatch(/\$\{|TfToken/);
    expect(JSON.parse(json) as RuntimeConfig).toMatchObject({ cluster: 'k3s-test', dualStack: true, metrics: false });
  });

  it('is told that its stage is protected, so that no laptop plans for it', () => {
    const configOf = (stage: string) => {
      const from = synthesized({ stages: { protected: ['prod'] } }, stage);
      const [{ environment }] = all(from, 'aws_lambda_function') as [{ environment: { variables: typeof variables } }];
      const text = gunzipSync(Buffer.from(environment.variables.AUTOSCALER_CONFIG ?? '', 'base64')).toString();
      return JSON.parse(text) as RuntimeConfig;
    };
    expect(configOf('prod').isProtected).toBe(true);
    expect(configOf('test')).not.toHaveProperty('isProtected');
  });

  it('is told the resources, with references that Terraform resolves', () => {
    const resources = JSON.parse(variables.AUTOSCALER_RESOURCES ?? '') as RuntimeResources;
    expect(resources).toEqual({
      table: expect.stringMatching(/^\$\{aws_dynamodb_table\.state_table.+\.name\}$/),
      historyTable: expect.stringMatching(/^\$\{aws_dynamodb_table\.state_history.+\.name\}$/),
      subnets: {
        'us-east-1a': expect.stringMatching(/^\$\{aws_subnet\.network_public.+\.id\}$/),
        'us-east-1b': expect.stringMatching(/^\$\{aws_subnet\.network_public.+\.id\}$/),
      },
      launchTemplates: {
        burst: {
          id: expect.stringMatching(/^\$\{aws_launch_template\..+\.id\}$/),
          version: expect.stringMatching(/^\$\{aws_launch_template\..+\.latest_version\}$/),
        },
      },
      prometheusUrl: 'http://10.0.1.10:30090',
      kubernetesUrl: 'https://10.0.1.10:6443',
      parameters: { controllerToken: '/k3s/controller-token/test', ca: '/k3s/ca/test' },
    });
  });

  it('is never called again for a failure, nor for an event that is a minute old', () => {
    expect(one(stack, 'aws_lambda_function_event_invoke_config')).toMatchObject({
      maximum_retry_attempts: 0,
      maximum_event_age_in_seconds: 60,
    });
  });

  it('keeps its log for thirty days, and cannot make another one', () => {
    expect(all(stack, 'aws_cloudwatch_log_group').map((logs) => logs.retention_in_days)).toEqual([30]);
    const rights = statements(stack, 'k3s-test-autoscaler').flatMap((each) => each.Action);
    expect(rights).not.toContain('logs:CreateLogGroup');
  });

  it('has no wildcard action, and a wildcard resource only where AWS knows no other', () => {
    const rights = statements(stack, 'k3s-test-autoscaler');
    expect(rights.flatMap((each) => each.Action).filter((action) => action.includes('*'))).toEqual([]);
    const open = rights.filter((each) => each.Effect === 'Allow' && each.Resource.includes('*'));
    expect(open.map((each) => each.Sid)).toEqual(['SeeInstances', 'InterfacesForLambda']);
  });
});

describe('its URL', () => {
  it('asks for a signature', () => {
    expect(one(stack, 'aws_lambda_function_url')).toMatchObject({ authorization_type: 'AWS_IAM' });
    expect(all(stack, 'aws_lambda_permission').map((each) => each.principal)).not.toContain('*');
  });
});

describe('the schedule', () => {
  it('calls it at a fixed rate, at once or not at all', () => {
    expect(one(stack, 'aws_scheduler_schedule')).toMatchObject({
      schedule_expression: 'rate(2 minutes)',
      flexible_time_window: { mode: 'OFF' },
      target: {
        input: '{"trigger":"schedule"}',
        retry_policy: { maximum_retry_attempts: 0, maximum_event_age_in_seconds: 60 },
      },
    });
  });

  it.each([
    ['1m', 'rate(1 minute)'],
    ['5m', 'rate(5 minutes)'],
    ['1h', 'rate(60 minutes)'],
  ])('every %s is %s', (every, expression) => {
    const other = synthesized({ schedule: { every }, function: { timeout: '30s' } });
    expect(one(other, 'aws_scheduler_schedule').schedule_expression).toBe(expression);
  });
});

describe('the events', () => {
  const patterns = all(stack, 'aws_cloudwatch_event_rule').map(
    (rule) => JSON.parse(rule.event_pattern as string) as Record<string, unknown>,
  );

  it('are interruptions, rebalance recommendations, and instances that end', () => {
    expect(patterns).toEqual([
      { source: ['aws.ec2'], 'detail-type': ['EC2 Spot Instance Interruption Warning'] },
      { source: ['aws.ec2'], 'detail-type': ['EC2 Instance Rebalance Recommendation'] },
      {
        source: ['aws.ec2'],
        'detail-type': ['EC2 Instance State-change Notification'],
        detail: { state: ['shutting-down', 'stopped', 'terminated'] },
      },
    ]);
  });

  it('call the function without retries, each by a permission of its own rule', () => {
    for (const target of all(stack, 'aws_cloudwatch_event_target')) {
      expect(target.retry_policy).toEqual({ maximum_retry_attempts: 0, maximum_event_age_in_seconds: 60 });
    }
    const permissions = all(stack, 'aws_lambda_permission');
    expect(permissions.map((each) => [each.principal, String(each.source_arn).slice(0, 28)])).toEqual(
      Array(3).fill(['events.amazonaws.com', '${aws_cloudwatch_event_rule.']),
    );
  });
});
