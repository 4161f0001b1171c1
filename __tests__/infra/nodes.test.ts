import { all, one, type Synthesized, synthesized, userDataOf } from './support';

const stack = synthesized({
  baseWorkers: { count: 3 },
  pools: {
    arm: {
      instanceTypes: ['t4g.medium'],
      failedBoot: 'keep',
      labels: { 'example.com/team': 'web' },
      taints: [{ key: 'dedicated', value: 'web', effect: 'NoSchedule' }],
    },
  },
});
const template = (name: string) => one(stack, 'aws_launch_template', 'name', name);
const settings = (node: string): string => one(stack, 'aws_s3_object', 'key', `settings/${node}.env`).content as string;
const TEMPLATES = ['k3s-test.burst', 'k3s-test.arm', 'k3s-test.base', 'k3s-test.server'];

describe('a launch template', () => {
  it.each(TEMPLATES)('%s has metadata version 2 in one hop, an encrypted gp3 disk, and groups at the top', (name) => {
    expect(template(name)).toMatchObject({
      metadata_options: { http_tokens: 'required', http_put_response_hop_limit: 1 },
      block_device_mappings: [{ ebs: { encrypted: 'true', volume_type: 'gp3', delete_on_termination: 'true' } }],
    });
    expect(template(name).network_interfaces).toBeUndefined();
    expect(template(name).vpc_security_group_ids).not.toEqual([]);
  });

  it('ends a worker of a pool that powers itself off; server and base workers stop and stay', () => {
    expect(TEMPLATES.map((name) => template(name).instance_initiated_shutdown_behavior)).toEqual([
      'terminate',
      'terminate',
      'stop',
      'stop',
    ]);
  });

  it('takes the image for the architecture of its types', () => {
    const image = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default';
    expect(template('k3s-test.burst').image_id).toBe(`resolve:ssm:${image}-x86_64`);
    expect(template('k3s-test.arm').image_id).toBe(`resolve:ssm:${image}-arm64`);
  });

  it('tags what it launches with cluster, role and pool', () => {
    const [instance] = template('k3s-test.arm').tag_specifications as { tags: Record<string, string> }[];
    expect(instance?.tags).toEqual({
      'k3s-autoscaler:cluster': 'k3s-test',
      'k3s-autoscaler:role': 'worker',
      'k3s-autoscaler:pool': 'arm',
      Name: 'k3s-test-arm',
    });
  });
});

describe('user data', () => {
  it.each([
    ['k3s-test.server', 'server', 'stay'],
    ['k3s-test.base', 'base', 'stay'],
    ['k3s-test.burst', 'pool-burst', 'poweroff'],
    ['k3s-test.arm', 'pool-arm', 'stay'],
  ])('of %s is the bootstrap with its settings in front', (name, node, onFailure) => {
    const text = userDataOf(template(name));
    expect(text).toMatch(/^#!\/bin\/bash\n/);
    expect(text).toContain(`AWS_REGION='us-east-1'\nNODE='${node}'\nON_FAILURE='${onFailure}'\nBUCKET='<bucket>'\n`);
  });

  it('differs between nodes in its settings alone, so that a changed script changes no template', () => {
    const body = (name: string) => userDataOf(template(name)).replace(/^(NODE|ON_FAILURE)=.*$/gm, '');
    expect(new Set(TEMPLATES.map(body)).size).toBe(1);
  });
});

describe('settings', () => {
  it('of a pool name server, token, labels and taints', () => {
    const text = settings('pool-arm');
    expect(text).toContain("SERVER_URL='https://10.0.1.10:6443'\n");
    expect(text).toContain("JOIN_TOKEN_PARAMETER='/k3s/join-token/test'\n");
    expect(text).toMatch(/^K3S_VERSION='v\d+\.\d+\.\d+\+k3s\d+'$/m);
    expect(text).toMatch(/^K3S_SHA256_AMD64='[0-9a-f]{64}'$/m);
    expect(text).toMatch(/^K3S_SHA256_ARM64='[0-9a-f]{64}'$/m);
    expect(text).toContain(
      "NODE_LABELS='example.com/team=web\nk3s-autoscaler/pool=arm\nk3s-autoscaler/managed=true'\n",
    );
    expect(text).toContain("NODE_TAINTS='dedicated=web:NoSchedule'\n");
  });

  it('of a base worker have no label of the autoscaler', () => {
    expect(settings('base')).toContain("NODE_LABELS=''\n");
  });

  it('of the server name its volume, its address and where the alert goes', () => {
    const text = settings('server');
    expect(text).toContain("NODE_NAME='server-0'\nSERVER_ADDRESS='10.0.1.10'\n");
    expect(text).toMatch(/^DATA_VOLUME_ID='\$\{aws_ebs_volume\.\S+\.id\}'$/m);
    expect(text).toMatch(/^ALERT_URL='\$\{aws_lambda_function_url\.url\.function_url\}'$/m);
  });
});

describe('the server', () => {
  const server = (from: Synthesized) => from.resource.aws_instance?.server;

  it('stands at its fixed address in the first zone, where its data is', () => {
    expect(server(stack)).toMatchObject({ private_ip: '10.0.1.10', instance_type: 't3.medium' });
    expect(server(stack)?.subnet_id).toContain('us-east-1a');
    expect(one(stack, 'aws_ebs_volume')).toMatchObject({
      availability_zone: 'us-east-1a',
      encrypted: true,
      type: 'gp3',
      size: 20,
    });
  });

  it('is stopped before its volume is taken from it', () => {
    expect(one(stack, 'aws_volume_attachment')).toMatchObject({
      instance_id: expect.stringMatching(/^\$\{aws_instance\.server\.id\}$/),
      stop_instance_before_detaching: true,
    });
  });

  it('keeps its data from being destroyed on a protected stage alone', () => {
    const lifecycle = (from: Synthesized) => one(from, 'aws_ebs_volume').lifecycle;
    expect(lifecycle(synthesized({}, 'prod'))).toEqual({ prevent_destroy: true });
    expect(lifecycle(stack)).toEqual({ prevent_destroy: false });
  });
});

describe('instances of Terraform', () => {
  it('are the server and base workers over the zones in turn', () => {
    const instances = stack.resource.aws_instance ?? {};
    expect(Object.keys(instances).sort()).toEqual(['base-0', 'base-1', 'base-2', 'server']);
    const base = ['base-0', 'base-1', 'base-2'].map((name) => instances[name] ?? {});
    expect(base.map((each) => /us-east-1[ab]/.exec(each.subnet_id as string)?.[0])).toEqual([
      'us-east-1a',
      'us-east-1b',
      'us-east-1a',
    ]);
    expect(base.map((each) => (each.tags as Record<string, string>)['k3s-autoscaler:role'])).toEqual(
      Array(3).fill('base'),
    );
  });

  it('are never replaced for a new image, template or script, and boot when their files are there', () => {
    for (const instance of all(stack, 'aws_instance')) {
      expect(instance.lifecycle).toEqual({
        ignore_changes: ['ami', 'user_data', 'user_data_base64', 'launch_template', 'subnet_id'],
      });
      expect(instance.depends_on).toContainEqual(expect.stringMatching(/^aws_s3_object\.files_sums/));
    }
  });
});
