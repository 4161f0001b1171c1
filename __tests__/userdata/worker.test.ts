import { parse } from 'yaml';
import { INSTANCE, itBoots, leaveNodes, Node, SECRET } from './node';

const CONFIG = 'etc/rancher/k3s/config.yaml';
const TOKEN = 'etc/rancher/k3s/join-token';
const started = (node: Node): boolean => node.exists('world/running/k3s-agent.service');

describe('the boot of a worker', () => {
  afterEach(leaveNodes);

  itBoots(
    '[52] joins a worker of a pool, named after its instance: no name comes twice, and no old node password is met',
    () => {
      // GIVEN
      const node = new Node('pool-burst', 'poweroff');
      // WHEN
      const { status } = node.firstBoot();
      // THEN
      expect(status).toBe(0);
      expect(started(node)).toBe(true);
      expect(node.exists('world/powered-off')).toBe(false);
      expect(node.read(CONFIG)).toBe(
        `server: https://10.0.1.10:6443
token-file: /etc/rancher/k3s/join-token
node-name: worker-${INSTANCE}
kubelet-arg:
  - 'provider-id=aws:///us-east-1a/${INSTANCE}'
  - 'config=/etc/rancher/k3s/kubelet.yaml'
node-label:
  - 'topology.kubernetes.io/region=us-east-1'
  - 'topology.kubernetes.io/zone=us-east-1a'
  - 'node.kubernetes.io/instance-type=t3.medium'
  - 'k3s-autoscaler/pool=burst'
  - 'k3s-autoscaler/managed=true'
node-taint:
  - 'dedicated=batch:NoSchedule'
  - 'spot=:PreferNoSchedule'
`,
      );
      expect(node.read(TOKEN)).toBe(SECRET.join);
      expect(node.mode(TOKEN)).toBe('600');
      expect(node.read('etc/rancher/k3s/kubelet.yaml')).toContain('shutdownGracePeriod: 60s');
    },
  );

  itBoots('joins a base worker without taints and without labels of the autoscaler', () => {
    const node = new Node('base');
    node.settings({ NODE_LABELS: '', NODE_TAINTS: '' });
    node.sums();
    expect(node.firstBoot().status).toBe(0);
    expect(node.read(CONFIG)).not.toContain('node-taint');
    expect(node.read(CONFIG)).not.toContain("''");
    expect(started(node)).toBe(true);
  });

  itBoots('reads only what a worker needs from the bucket', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.firstBoot();
    const keys = node.calls(/get-object/).map((call) => /--key (\S+)/.exec(call)?.[1]);
    expect([...new Set(keys)].sort()).toEqual([
      'SHA256SUMS',
      'settings/pool-burst.env',
      'userdata/k3s-agent.service',
      'userdata/k3s-autoscaler-join.service',
      'userdata/kubelet.yaml',
      'userdata/lib.sh',
      'userdata/worker.sh',
    ]);
  });

  itBoots('installs the binary of its architecture, by the version with its plus escaped', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('architecture', 'aarch64\n');
    node.firstBoot();
    expect(node.calls(/^curl .*github/)[0]).toContain('/download/v1.33.3%2Bk3s1/k3s-arm64');
    expect(node.mode('usr/local/bin/k3s')).toBe('755');
  });

  itBoots('waits for no answer for ever', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.firstBoot();
    const metadata = node.calls(/^curl .*169\.254/);
    expect(metadata).toHaveLength(4);
    for (const call of metadata) expect(call).toContain(' --max-time 10 --retry 5 --retry-connrefused ');
    const [download] = node.calls(/^curl .*github/);
    expect(download).toContain(' --connect-timeout 10 --max-time 300 ');
  });

  itBoots('waits for a throttled SSM and then joins', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('ssm', `throttled\nthrottled\n${SECRET.join}\n`);
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(0);
    expect(stderr.match(/ThrottlingException/g)).toHaveLength(1);
    expect(node.read(TOKEN)).toBe(SECRET.join);
    expect(node.exists('world/powered-off')).toBe(false);
  });

  for (const answer of ['pending', 'absent', 'empty', 'None']) {
    itBoots(`waits while the token is ${answer}, says so once, and then joins`, () => {
      const node = new Node('base');
      node.world('ssm', `${answer}\n${answer}\n${answer}\n${SECRET.join}\n`);
      const { status, stderr } = node.firstBoot();
      expect(status).toBe(0);
      expect(stderr.match(/waiting for the join token: SSM parameter \/k3s\/join-token\/test/g)).toHaveLength(1);
      expect(node.calls(/^sleep 5$/)).toHaveLength(3);
      expect(node.read(TOKEN)).toBe(SECRET.join);
    });
  }

  itBoots('powers a worker of a pool off that gets no token in five minutes', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('ssm', 'pending\n');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain("no join token after five minutes: SSM parameter /k3s/join-token/test is still 'pending'");
    expect(node.calls(/^sleep 5$/)).toHaveLength(60);
    expect(node.exists('world/powered-off')).toBe(true);
    expect(started(node)).toBe(false);
  });

  itBoots('leaves it for a look where the pool says so', () => {
    const node = new Node('pool-burst', 'stay');
    node.world('ssm', 'absent\n');
    expect(node.firstBoot().status).toBe(1);
    expect(node.exists('world/powered-off')).toBe(false);
  });

  itBoots('keeps a base worker waiting for as long as it takes', () => {
    const node = new Node('base');
    node.world('ssm', `${'pending\n'.repeat(70)}${SECRET.join}\n`);
    expect(node.firstBoot().status).toBe(1);
    // WHEN systemd starts its unit again, and again
    const { status } = node.startUnit('k3s-autoscaler-boot.service', 5);
    // THEN
    expect(status).toBe(0);
    expect(started(node)).toBe(true);
    expect(node.calls(/poweroff/)).toEqual([]);
    expect(node.calls(/^curl .*github/)).toHaveLength(1);
  });

  itBoots('installs and starts nothing when the checksum of K3s is another', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.settings({ K3S_SHA256_AMD64: '0'.repeat(64) });
    node.sums();
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toMatch(/has the sha256 [0-9a-f]{64}, the settings ask for 0{64}; nothing was installed/);
    expect(node.files().filter((file) => file.startsWith('usr/local/bin'))).toEqual([]);
    expect(started(node)).toBe(false);
    expect(node.exists('world/powered-off')).toBe(true);
  });

  itBoots('tries a failed download of K3s again', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('fail.download', '4');
    expect(node.firstBoot().status).toBe(0);
    expect(started(node)).toBe(true);
  });

  itBoots('gives up a download of K3s that always fails, and leaves no half of it', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('fail.download', '99');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('cannot download https://github.com/k3s-io/k3s/releases/download/v1.33.3%2Bk3s1/k3s;');
    expect(node.files().filter((file) => file.startsWith('usr/local/bin'))).toEqual([]);
    expect(node.exists('world/powered-off')).toBe(true);
  });

  itBoots('names the setting that is empty', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.settings({ SERVER_URL: '' });
    node.sums();
    expect(node.firstBoot().stderr).toContain('settings/pool-burst.env: SERVER_URL is empty or missing');
  });

  itBoots('fails when the metadata service does not answer', () => {
    const node = new Node('pool-burst', 'poweroff');
    node.world('fail.metadata', '99');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('the metadata service did not answer api/token');
    expect(node.exists('world/powered-off')).toBe(true);
  });

  itBoots('does nothing at a second start, and nothing new when it is run by hand', () => {
    // GIVEN
    const node = new Node('base');
    node.firstBoot();
    const before = node.files().map((file) => [file, node.read(file)]);
    node.forgetCalls();
    // WHEN
    node.startUnit('k3s-autoscaler-boot.service');
    const byUnit = node.calls(/./);
    const { status, stderr } = node.script('worker.sh');
    // THEN
    expect(byUnit).toEqual([]);
    expect(status).toBe(0);
    expect(stderr).not.toContain('still runs with');
    expect(node.calls(/^curl .*github|^systemctl (re)?start/)).toEqual([]);
    expect(node.files().map((file) => [file, node.read(file)])).toEqual(before);
  });

  itBoots('says how to take changed settings in when it boots anew, and does not restart the agent by itself', () => {
    // GIVEN
    const node = new Node('base');
    node.firstBoot();
    node.settings({ NODE_LABELS: 'team=other' });
    node.sums();
    node.forgetCalls();
    // WHEN
    const { status, stderr } = node.firstBoot();
    // THEN
    expect(status).toBe(0);
    expect(stderr).toContain("'systemctl restart k3s-agent.service' takes the changes in");
    expect(node.read(CONFIG)).toContain("  - 'team=other'\n");
    expect(node.calls(/^systemctl .*start .*k3s-agent/)).toEqual([]);
  });

  itBoots('hands labels and taints on as they are, whatever is in them', () => {
    const node = new Node('base');
    const odd = `a='quoted' and "doubly": \\n # $HOME`;
    node.settings({ NODE_LABELS: odd, NODE_TAINTS: `${odd}\n` });
    node.sums();
    node.firstBoot();
    const config = parse(node.read(CONFIG)) as Record<string, string[]>;
    expect(config['node-label']?.at(-1)).toBe(odd);
    expect(config['node-taint']).toEqual([odd]);
  });

  itBoots('fetches the token of the day each time the agent starts, and keeps the old one when it cannot', () => {
    // GIVEN
    const node = new Node('base');
    node.firstBoot();
    const unit = node.read('etc/systemd/system/k3s-agent.service');
    const [, script, argument] = /^ExecStartPre=-\/bin\/bash \S+\/(worker\.sh) (\S+)$/m.exec(unit) ?? [];
    const later = SECRET.join.replace('abcdef.', 'fedcba.');
    // WHEN
    node.world('ssm', `${later}\n`);
    node.script(script ?? '', argument ?? '');
    const fresh = node.read(TOKEN);
    node.world('ssm', 'throttled\n');
    const failed = node.script(script ?? '', argument ?? '');
    // THEN
    expect(fresh).toBe(later);
    expect(failed.status).toBe(1);
    expect(node.read(TOKEN)).toBe(later);
    expect(node.mode(TOKEN)).toBe('600');
  });
});

describe('a worker that has not joined', () => {
  const LATER = SECRET.join.replace('abcdef.', 'fedcba.');
  const JOIN = 'k3s-autoscaler-join.service';
  const restarts = (node: Node): number => node.calls(/^systemctl restart k3s-agent\.service$/).length;
  const reads = (node: Node): number => node.calls(/get-parameter/).length;

  /** A base worker that booted with the first token; the server takes the later one only. */
  function refused(): Node {
    const node = new Node('base');
    node.world('accepted', LATER);
    expect(node.firstBoot().status).toBe(0);
    node.forgetCalls();
    return node;
  }

  afterEach(leaveNodes);

  itBoots('restarts its agent when there is a newer join token, and not before', () => {
    // GIVEN
    const node = refused();
    node.world('ssm', `${SECRET.join}\n${SECRET.join}\n${LATER}\n`);
    // WHEN
    const { status, stderr } = node.startUnit(JOIN);
    // THEN
    expect(status).toBe(0);
    expect(node.calls(/^sleep|^systemctl/)).toEqual([
      'sleep 300',
      'sleep 300',
      'sleep 300',
      'systemctl restart k3s-agent.service',
    ]);
    expect(stderr).toContain('there is a newer join token: restarting the agent with it');
    expect(node.read(TOKEN)).toBe(LATER);
    expect(node.mode(TOKEN)).toBe('600');
    expect(node.read('world/token-in-use')).toBe(LATER);
  });

  itBoots('keeps its token while the newer one cannot be read, says why, and looks again', () => {
    const node = refused();
    node.world('ssm', `throttled\npending\n${LATER}\n`);
    const { status, stderr } = node.startUnit(JOIN);
    expect(status).toBe(0);
    expect(stderr).toMatch(/no newer join token: SSM parameter \/k3s\/join-token\/test cannot be read: .*Throttling/);
    expect(stderr).toContain("no newer join token: SSM parameter /k3s/join-token/test is still 'pending'");
    expect(restarts(node)).toBe(1);
    expect(node.read('world/token-in-use')).toBe(LATER);
  });

  itBoots('restarts its agent though it was ended between the new token and the restart', () => {
    const node = refused();
    node.world('ssm', `${LATER}\n`);
    node.run('bash', '-c', `cp /world/accepted /${TOKEN}`);
    expect(node.startUnit(JOIN).status).toBe(0);
    expect(restarts(node)).toBe(1);
  });

  itBoots('waits with the token that it has when the server comes late', () => {
    // GIVEN
    const node = refused();
    // WHEN the server takes this one after all
    node.world('accepted', SECRET.join);
    // THEN
    expect(node.startUnit(JOIN).status).toBe(0);
    expect(restarts(node)).toBe(0);
    expect(reads(node)).toBe(0);
  });

  itBoots('is not taken for joined because it was, before its Node was deleted and it started again', () => {
    // GIVEN
    const node = new Node('base');
    node.firstBoot();
    node.world('accepted', LATER);
    node.run('systemctl', 'restart', 'k3s-agent.service');
    node.forgetCalls();
    node.world('ssm', `${SECRET.join}\n${LATER}\n`);
    // WHEN
    const { status } = node.startUnit(JOIN);
    // THEN
    expect(status).toBe(0);
    expect(restarts(node)).toBe(1);
  });

  itBoots('is not taken for joined either when its agent started without a look at the token', () => {
    const node = new Node('base');
    node.firstBoot();
    node.world('accepted', LATER);
    node.world('ssm', `throttled\n${LATER}\n`);
    node.run('systemctl', 'restart', 'k3s-agent.service');
    node.forgetCalls();
    expect(node.startUnit(JOIN).status).toBe(0);
    expect(restarts(node)).toBe(1);
  });

  itBoots('does nothing more once it has joined', () => {
    const node = new Node('base');
    node.firstBoot();
    node.forgetCalls();
    node.world('ssm', `${LATER}\n`);
    expect(node.startUnit(JOIN).status).toBe(0);
    expect(node.calls(/./)).toEqual([]);
  });
});
