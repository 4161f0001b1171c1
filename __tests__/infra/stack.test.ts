import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { RuntimeConfig, RuntimeResources } from '../../src/config/runtime';
import { all, one, statements, synthesized } from './support';

const stack = synthesized();

/** The first subnet of the function, as the function names it. */
const functionSubnet = (): string => {
  const { subnet_ids } = one(stack, 'aws_lambda_function').vpc_config as { subnet_ids: string[] };
  return subnet_ids[0] ?? '';
};

describe('the network', () => {
  it('is dual-stack, with a public subnet in each zone', () => {
    expect(one(stack, 'aws_vpc')).toMatchObject({
      cidr_block: '10.0.0.0/16',
      assign_generated_ipv6_cidr_block: true,
    });
    const publicSubnets = all(stack, 'aws_subnet').filter((subnet) => subnet.map_public_ip_on_launch === true);
    expect(publicSubnets.map((subnet) => [subnet.availability_zone, subnet.cidr_block])).toEqual([
      ['us-east-1a', '10.0.1.0/24'],
      ['us-east-1b', '10.0.2.0/24'],
    ]);
  });

  it('gives the function IPv6 out and no IPv4 route', () => {
    const table = one(stack, 'aws_route_table_association', 'subnet_id', functionSubnet()).route_table_id;
    const id = /aws_route_table\.(.+)\.id/.exec(String(table))?.[1] ?? '';
    expect(stack.resource.aws_route_table?.[id]?.route).toEqual([
      expect.objectContaining({
        cidr_block: null,
        ipv6_cidr_block: '::/0',
        egress_only_gateway_id: expect.stringContaining('aws_egress_only_internet_gateway'),
      }),
    ]);
    expect(one(stack, 'aws_lambda_function').vpc_config).toMatchObject({ ipv6_allowed_for_dual_stack: true });
    expect(one(stack, 'aws_vpc_endpoint')).toMatchObject({
      service_name: 'com.amazonaws.us-east-1.dynamodb',
      vpc_endpoint_type: 'Gateway',
    });
  });

  it('opens exactly the ports of the design, to groups and never to addresses', () => {
    const rules = all(stack, 'aws_vpc_security_group_ingress_rule');
    const group = (reference: unknown) => /security_(nodes|server|function)_/.exec(String(reference))?.[1];
    expect(
      rules
        .map((rule) => {
          const from = group(rule.referenced_security_group_id);
          return `${from} -> ${group(rule.security_group_id)} ${rule.ip_protocol} ${rule.from_port}`;
        })
        .sort(),
    ).toEqual([
      'function -> server tcp 30090',
      'function -> server tcp 6443',
      'nodes -> nodes tcp 10250',
      'nodes -> nodes udp 8472',
      'nodes -> server tcp 6443',
    ]);
    expect(rules.every((rule) => rule.cidr_ipv4 === undefined && rule.cidr_ipv6 === undefined)).toBe(true);
    expect(rules.every((rule) => rule.from_port === rule.to_port)).toBe(true);
  });
});

describe('state', () => {
  it('is a table of the stage, keyed by cluster, whose history expires', () => {
    expect(one(stack, 'aws_dynamodb_table')).toMatchObject({
      name: 'k3s-cluster-state-test',
      hash_key: 'cluster_id',
      billing_mode: 'PAY_PER_REQUEST',
      ttl: { attribute_name: 'expires_at', enabled: true },
    });
  });
});

describe('the function', () => {
  const lambda = one(stack, 'aws_lambda_function');
  const variables = (lambda.environment as { variables: Record<string, string> }).variables;

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

  it('is told its configuration, in which nothing waits for Terraform', () => {
    const json = gunzipSync(Buffer.from(variables.AUTOSCALER_CONFIG ?? '', 'base64')).toString();
    expect(json).not.toMatch(/\$\{|TfToken/);
    expect((JSON.parse(json) as RuntimeConfig).cluster).toBe('k3s-test');
  });

  it('is told the resources, with references that Terraform resolves', () => {
    const resources = JSON.parse(variables.AUTOSCALER_RESOURCES ?? '') as RuntimeResources;
    expect(resources).toEqual({
      table: expect.stringMatching(/^\$\{aws_dynamodb_table\..+\.name\}$/),
      subnets: {
        'us-east-1a': expect.stringMatching(/^\$\{aws_subnet\..+\.id\}$/),
        'us-east-1b': expect.stringMatching(/^\$\{aws_subnet\..+\.id\}$/),
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

  it('is called at a fixed rate, at once or not at all, and never again for a failure', () => {
    expect(one(stack, 'aws_scheduler_schedule')).toMatchObject({
      schedule_expression: 'rate(2 minutes)',
      flexible_time_window: { mode: 'OFF' },
      target: {
        input: '{"trigger":"schedule"}',
        retry_policy: { maximum_retry_attempts: 0, maximum_event_age_in_seconds: 60 },
      },
    });
    expect(one(stack, 'aws_lambda_function_event_invoke_config')).toMatchObject({
      maximum_retry_attempts: 0,
      maximum_event_age_in_seconds: 60,
    });
    expect(all(stack, 'aws_cloudwatch_log_group').map((logs) => logs.retention_in_days)).toEqual([30]);
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

describe('its rights', () => {
  const rights = statements(stack, 'k3s-test-autoscaler');
  const allowing = (action: string) => rights.filter((each) => each.Effect === 'Allow' && each.Action.includes(action));

  it('are no wildcard action, and a wildcard resource only where AWS knows no other', () => {
    expect(rights.flatMap((each) => each.Action).filter((action) => action.includes('*'))).toEqual([]);
    const open = rights.filter((each) => each.Effect === 'Allow' && each.Resource.includes('*'));
    expect(open.map((each) => each.Sid)).toEqual(['SeeInstances', 'InterfacesForLambda']);
  });

  it('end with its own workers when it terminates', () => {
    expect(allowing('ec2:TerminateInstances').map((each) => each.Condition)).toEqual([
      {
        StringEquals: {
          'aws:ResourceTag/k3s-autoscaler:cluster': 'k3s-test',
          'aws:ResourceTag/k3s-autoscaler:role': 'worker',
        },
      },
    ]);
  });

  it('let it launch workers of the pools alone, from the templates, tagged as its own', () => {
    const [instances] = allowing('ec2:RunInstances');
    expect(instances?.Resource).toEqual(['arn:aws:ec2:us-east-1:*:instance/*']);
    expect(instances?.Condition).toMatchObject({
      ArnEquals: { 'ec2:LaunchTemplate': [expect.stringMatching(/aws_launch_template\.nodes_pool-burst/)] },
      StringEquals: {
        'aws:RequestTag/k3s-autoscaler:cluster': 'k3s-test',
        'aws:RequestTag/k3s-autoscaler:role': 'worker',
        'ec2:InstanceType': ['t3.medium', 't3a.medium'],
        'ec2:MetadataHttpTokens': 'required',
      },
    });
  });

  it('let it tag only while it launches', () => {
    expect(allowing('ec2:CreateTags').map((each) => each.Condition)).toEqual([
      { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    ]);
  });

  it('let it hand over the role of workers and no other, to EC2', () => {
    const [pass, ...more] = allowing('iam:PassRole');
    expect(more).toEqual([]);
    expect(pass?.Resource).toEqual([expect.stringMatching(/nodes_worker-role/)]);
    expect(pass?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } });
  });

  it('let it read its own two parameters and not the join token', () => {
    expect(allowing('ssm:GetParameter').flatMap((each) => each.Resource)).toEqual([
      'arn:aws:ssm:us-east-1:*:parameter/k3s/controller-token/test',
      'arn:aws:ssm:us-east-1:*:parameter/k3s/ca/test',
    ]);
  });
});

it('two stages in one account share no name', () => {
  const names = (stage: string): string[] =>
    Object.values(synthesized({}, stage).resource).flatMap((byId) =>
      Object.values(byId).flatMap((each) => (typeof each.name === 'string' ? [each.name] : [])),
    );
  const first = names('one');
  expect(first.length).toBeGreaterThan(5);
  expect(names('two').filter((name) => first.includes(name) && !name.startsWith('${'))).toEqual([]);
});
