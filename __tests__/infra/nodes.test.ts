import { all, one, statements, synthesized } from './support';

const stack = synthesized({
  baseWorkers: { count: 3 },
  pools: {
    arm: {
      instanceTypes: ['t4g.medium'],
      labels: { 'example.com/team': 'web' },
      taints: [{ key: 'dedicated', value: 'web', effect: 'NoSchedule' }],
    },
  },
});
const template = (name: string) => one(stack, 'aws_launch_template', 'name', name);
const script = (name: string): string => Buffer.from(template(name).user_data as string, 'base64').toString();

describe('a launch template', () => {
  it.each(['k3s-test-burst', 'k3s-test-arm', 'k3s-test-base', 'k3s-test-server'])(
    '%s has metadata version 2 in one hop and an encrypted gp3 disk',
    (name) => {
      expect(template(name)).toMatchObject({
        metadata_options: { http_tokens: 'required', http_put_response_hop_limit: 1 },
        block_device_mappings: [{ ebs: { encrypted: 'true', volume_type: 'gp3', delete_on_termination: 'true' } }],
      });
      expect(template(name).network_interfaces).toBeUndefined();
    },
  );

  it('of workers ends what powers itself off; the server keeps its disk', () => {
    const behaviour = (name: string) => template(name).instance_initiated_shutdown_behavior;
    expect([behaviour('k3s-test-burst'), behaviour('k3s-test-base')]).toEqual(['terminate', 'terminate']);
    expect(behaviour('k3s-test-server')).toBe('stop');
  });

  it('takes the image for the architecture of its types', () => {
    const image = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default';
    expect(template('k3s-test-burst').image_id).toBe(`resolve:ssm:${image}-x86_64`);
    expect(template('k3s-test-arm').image_id).toBe(`resolve:ssm:${image}-arm64`);
  });

  it('tags what it launches with cluster, role and pool', () => {
    const [instance] = template('k3s-test-arm').tag_specifications as { tags: Record<string, string> }[];
    expect(instance?.tags).toMatchObject({
      'k3s-autoscaler:cluster': 'k3s-test',
      'k3s-autoscaler:role': 'worker',
      'k3s-autoscaler:pool': 'arm',
    });
  });
});

describe('user data', () => {
  it('of a worker joins the fixed version by the token in SSM, and powers off when that fails', () => {
    const text = script('k3s-test-arm');
    expect(text).toMatch(/^#!\/bin\/bash\n/);
    expect(text).toContain("\nSERVER_URL='https://10.0.1.10:6443'\n");
    expect(text).toContain("\nJOIN_TOKEN_PARAMETER='/k3s/join-token/test'\n");
    expect(text).toMatch(/\nK3S_VERSION='v\d+\.\d+\.\d+\+k3s\d+'\n/);
    expect(text).toContain(
      "NODE_LABELS='example.com/team=web\nk3s-autoscaler/pool=arm\nk3s-autoscaler/managed=true'\n",
    );
    expect(text).toContain("NODE_TAINTS='dedicated=web:NoSchedule'\n");
    expect(text).toContain('trap finish EXIT');
    expect(text).toContain('node-name: worker-$instance_id');
  });

  it('of a base worker has no label of the autoscaler', () => {
    expect(script('k3s-test-base')).toContain("NODE_LABELS=''\n");
  });

  it.each(['k3s-test-server', 'k3s-test-base', 'k3s-test-burst'])('of %s fits EC2', (name) => {
    expect(Buffer.byteLength(script(name))).toBeLessThanOrEqual(16_384);
  });
});

describe('instances', () => {
  it('are the server at its fixed address and base workers over the zones in turn', () => {
    const instances = all(stack, 'aws_instance');
    expect(instances.filter((each) => each.private_ip === '10.0.1.10')).toHaveLength(1);
    const base = instances.filter((each) => each.private_ip === undefined);
    expect(base.map((each) => /us-east-1[ab]/.exec(each.subnet_id as string)?.[0])).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1a',
    ]);
    expect(base.map((each) => (each.tags as Record<string, string>)['k3s-autoscaler:role'])).toEqual(
      Array(3).fill('base'),
    );
  });

  it('may do one thing in AWS each: the worker reads the join token, the server writes the parameters', () => {
    expect(statements(stack, 'k3s-test-worker').map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['ssm:GetParameter'], ['arn:aws:ssm:us-east-1:*:parameter/k3s/join-token/test']],
    ]);
    expect(statements(stack, 'k3s-test-server').flatMap(({ Action }) => Action)).toEqual(['ssm:PutParameter']);
  });
});
