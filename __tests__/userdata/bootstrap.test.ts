import { itBoots, leaveNodes, Node, userData } from './node';

const LINK = 'opt/k3s-autoscaler/userdata/worker.sh';

describe('the user data', () => {
  afterEach(leaveNodes);

  it('stays below 4 KB with its assignments, far from the 16 KB that EC2 takes', () => {
    const text = userData({
      AWS_REGION: 'ap-southeast-2',
      BUCKET: 'k'.repeat(63),
      NODE: `pool-${'p'.repeat(63)}`,
      ON_FAILURE: 'poweroff',
    });
    expect(Buffer.byteLength(text)).toBeLessThan(4096);
  });

  itBoots('hands the boot to systemd, so that it resumes after a restart and tries again', () => {
    const node = new Node('base');
    node.firstBoot();
    const unit = node.read('etc/systemd/system/k3s-autoscaler-boot.service');
    expect(unit).toContain('Restart=on-failure');
    expect(unit).toContain('WantedBy=multi-user.target');
    expect(unit).toContain('StandardError=journal+console');
    expect(node.calls(/^systemctl .*boot/)).toEqual([
      'systemctl enable k3s-autoscaler-boot.service',
      'systemctl start --no-block k3s-autoscaler-boot.service',
    ]);
    // What it holds is not secret, and is nobody else's business.
    expect(node.mode('var/lib/k3s-autoscaler/instance.env')).toBe('600');
  });

  itBoots('boots again on an instance that was made from the image of a node', () => {
    const node = new Node('base');
    node.firstBoot();
    node.forgetCalls();
    expect(node.firstBoot().status).toBe(0);
    expect(node.calls(/meta-data\/instance-id/)).toHaveLength(1);
  });

  itBoots('tries S3 again while it is throttled', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('fail.s3', '3');
    expect(node.firstBoot().status).toBe(0);
    expect(node.calls(/^sleep 10$/)).toHaveLength(3);
  });

  itBoots('powers a worker of a pool off when S3 never answers, and names the object', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('fail.s3', '999');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('cannot read userdata/lib.sh of s3://k3s-test-nodes-1');
    expect(stderr).toContain('the boot of this node (pool-burst) failed with status 1; on failure: poweroff');
    expect(node.exists('world/powered-off')).toBe(true);
  });

  itBoots('lets a base worker go on trying when S3 does not answer', () => {
    const node = new Node('base');
    node.world('fail.s3', '20');
    expect(node.firstBoot(5).status).toBe(0);
    expect(node.calls(/poweroff/)).toEqual([]);
  });

  itBoots('runs no library whose sum is another', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('bucket/userdata/lib.sh', 'touch /world/ran-it');
    const { status } = node.firstBoot();
    expect(status).toBe(1);
    expect(node.exists('world/ran-it')).toBe(false);
    expect(node.exists('opt/k3s-autoscaler')).toBe(false);
  });

  itBoots('runs no script whose sum is another, and names it', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('bucket/userdata/worker.sh', 'touch /world/ran-it');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('s3://k3s-test-nodes-1 does not match its SHA256SUMS: userdata/worker.sh: FAILED');
    expect(node.exists('world/ran-it')).toBe(false);
    expect(node.exists(LINK)).toBe(false);
  });

  itBoots('names an object that is missing', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.object('userdata/kubelet.yaml', 'listed');
    node.sums();
    node.run('rm', '/world/bucket/userdata/kubelet.yaml');
    expect(node.firstBoot().stderr).toContain('userdata/kubelet.yaml: FAILED open or read');
  });

  itBoots('says so when the bucket has no settings for this kind of node', () => {
    const node = new Node('pool-burst', 'poweroff');
    const sums = node.read('world/bucket/SHA256SUMS');
    node.world('bucket/SHA256SUMS', sums.replace(/.*settings\/pool-burst\.env\n/, ''));
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('SHA256SUMS of s3://k3s-test-nodes-1 lists no settings/pool-burst.env');
  });

  itBoots('keeps what it fetched for root alone', () => {
    const node = new Node('server');
    node.firstBoot();
    const open = node.files().filter((file) => file.startsWith('opt/') && !node.mode(file).endsWith('00'));
    expect(open).toEqual([]);
    expect(node.exists('opt/k3s-autoscaler/k8s/prometheus/alerting.template.yml')).toBe(true);
  });
});
