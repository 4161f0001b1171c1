import { INSTANCE, itBoots, leaveNodes, Node, PROVIDER_ID } from './node';

const UUID = '11111111-2222-3333-4444-555555555555';
const started = (node: Node): boolean => node.exists('world/running/k3s.service');

describe('the boot of the server', () => {
  afterEach(leaveNodes);

  itBoots('serves', () => {
    // GIVEN
    const node = new Node('server');
    // WHEN
    const { status, stderr } = node.firstBoot();
    // THEN
    expect(stderr).toContain(`serving as server-0, ${PROVIDER_ID}`);
    expect(status).toBe(0);
    expect(started(node)).toBe(true);
    expect(node.read('etc/rancher/k3s/config.yaml')).toBe(
      `node-name: server-0
tls-san: [10.0.1.10]
disable: [traefik, servicelb]
secrets-encryption: true
write-kubeconfig-mode: '0600'
node-taint: ['node-role.kubernetes.io/control-plane=:NoSchedule']
node-label:
  - topology.kubernetes.io/region=us-east-1
  - topology.kubernetes.io/zone=us-east-1a
  - node.kubernetes.io/instance-type=t3.medium
kubelet-arg:
  - provider-id=${PROVIDER_ID}
  - config=/etc/rancher/k3s/kubelet.yaml
`,
    );
    for (const unit of ['k3s-autoscaler-sync.timer', 'k3s-autoscaler-tokens.timer']) {
      expect(node.calls(/^systemctl enable --now /)[0]).toContain(unit);
      expect(node.exists(`etc/systemd/system/${unit.replace('.timer', '.service')}`)).toBe(true);
    }
    expect(node.calls(/delete node|restart|stop/)).toEqual([]);
  });

  itBoots('makes a file system on a blank volume and mounts it before K3s starts, now and later', () => {
    const node = new Node('server');
    node.firstBoot();
    expect(node.calls(/^mkfs/)).toEqual(['mkfs.xfs -L k3s-data /dev/nvme1n1']);
    expect(node.exists('world/started-on-root-disk')).toBe(false);
    expect(node.read('etc/fstab')).toBe(
      `UUID=root / xfs defaults 0 1\nUUID=${UUID} /var/lib/rancher xfs defaults,nofail,x-systemd.device-timeout=infinity 0 0\n`,
    );
    expect(node.read('etc/systemd/system/k3s.service')).toContain('RequiresMountsFor=/var/lib/rancher');
  });

  itBoots('waits for a volume that is attached late', () => {
    const node = new Node('server');
    node.world('disks-after', '42');
    expect(node.firstBoot().status).toBe(0);
    expect(node.calls(/^sleep 5$/)).toHaveLength(42);
    expect(started(node)).toBe(true);
  });

  itBoots('goes on waiting when five minutes are not enough, and says for what', () => {
    const node = new Node('server');
    node.world('disks-after', '100');
    const first = node.firstBoot();
    expect(first.status).toBe(1);
    expect(first.stderr).toContain('volume vol-0aabbccddeeff0011 (DATA_VOLUME_ID) is not attached after five minutes');
    expect(started(node)).toBe(false);
    expect(node.startUnit('k3s-autoscaler-boot.service', 3).status).toBe(0);
    expect(started(node)).toBe(true);
    expect(node.calls(/poweroff/)).toEqual([]);
  });

  itBoots('finds the volume of an instance on Xen by its name, for it has no serial', () => {
    const node = new Node('server');
    node.world('disks', '/dev/xvdf \n');
    node.firstBoot();
    expect(node.calls(/^mkfs/)).toEqual(['mkfs.xfs -L k3s-data /dev/xvdf']);
  });

  itBoots('takes no other volume', () => {
    const node = new Node('server');
    node.world('disks', '/dev/nvme1n1 vol0ffffffffffffffff\n/dev/xvdf vol0eeeeeeeeeeeeeeee\n');
    expect(node.firstBoot().status).toBe(1);
    expect(node.calls(/^mkfs|^mount/)).toEqual([]);
  });

  for (const [what, prepare] of [
    ['with another file system', (node: Node) => node.world('volume', `ext4 ${UUID}\n`)],
    ['with a signature that is no file system', (node: Node) => node.world('volume', `- \n`)],
    ['of which blkid is not sure', (node: Node) => node.world('volume-ambivalent', '')],
    ['that it cannot read', (node: Node) => void node.run('rm', '/dev/nvme1n1')],
  ] as const) {
    itBoots(`never formats a volume ${what}`, () => {
      const node = new Node('server');
      prepare(node);
      const { status, stderr } = node.firstBoot();
      expect(status).toBe(1);
      expect(stderr).toContain('volume vol-0aabbccddeeff0011');
      expect(node.calls(/^mkfs|^mount/)).toEqual([]);
      expect(started(node)).toBe(false);
    });
  }

  itBoots('does nothing at a second start, and restarts nothing when it is run by hand', () => {
    // GIVEN
    const node = new Node('server');
    node.firstBoot();
    const before = node.files().map((file) => [file, node.read(file)]);
    node.forgetCalls();
    // WHEN
    node.startUnit('k3s-autoscaler-boot.service');
    const byUnit = node.calls(/./);
    const { status, stderr } = node.script('server.sh');
    // THEN
    expect(byUnit).toEqual([]);
    expect(status).toBe(0);
    expect(stderr).not.toContain('still runs with');
    expect(node.calls(/^mkfs|^mount|^curl .*github|^systemctl (start|restart|stop)/)).toEqual([]);
    expect(node.files().map((file) => [file, node.read(file)])).toEqual(before);
  });

  itBoots('says how to take changed settings in, and does not restart K3s by itself', () => {
    const node = new Node('server');
    node.firstBoot();
    node.settings({ SERVER_ADDRESS: '10.0.1.11' });
    node.sums();
    node.forgetCalls();
    expect(node.startUnit('k3s-autoscaler-sync.service').status).toBe(0);
    expect(node.script('server.sh').stderr).toContain("'systemctl restart k3s.service' takes the changes in");
    expect(node.read('etc/rancher/k3s/config.yaml')).toContain('10.0.1.11');
    expect(node.calls(/^systemctl (start|restart|stop)/)).toEqual([]);
  });

  itBoots('stays for a look, and tries again, when K3s has the wrong checksum', () => {
    const node = new Node('server');
    node.settings({ K3S_SHA256_AMD64: 'f'.repeat(64) });
    node.sums();
    expect(node.firstBoot(2).status).toBe(1);
    expect(node.calls(/^curl .*github/)).toHaveLength(3);
    expect(node.exists('usr/local/bin/k3s')).toBe(false);
    expect(node.exists('etc/systemd/system/k3s.service')).toBe(false);
    expect(node.calls(/poweroff/)).toEqual([]);
  });

  itBoots('registers anew, once, on the volume of the server that it replaces', () => {
    // GIVEN
    const old = new Node('server');
    old.firstBoot();
    const password = old.read('var/lib/rancher/node/password');
    expect(password).toContain(INSTANCE);
    // WHEN
    const next = old.replacedBy('i-0fedcba9876543210');
    const { status, stderr } = next.firstBoot();
    // THEN
    expect(status).toBe(0);
    expect(stderr).toContain(`Node server-0 is still ${PROVIDER_ID} and this is aws:///us-east-1a/i-0fedcba9876543210`);
    expect(next.calls(/^mkfs/)).toEqual([]);
    expect(next.read('etc/fstab')).toContain(`UUID=${UUID} /var/lib/rancher`);
    expect(next.read('var/lib/rancher/node/password')).toBe(password);
    expect(next.calls(/^k3s .*delete (node|pods)|^systemctl (stop|start|restart).* k3s\.service|^ip/)).toEqual([
      'systemctl start --no-block k3s.service',
      'k3s kubectl --request-timeout=30s delete node server-0 --ignore-not-found',
      'systemctl stop k3s.service',
      'ip link delete cni0',
      'ip link delete flannel.1',
      'systemctl start --no-block k3s.service',
      'k3s kubectl --request-timeout=30s delete pods --all-namespaces --field-selector spec.nodeName=server-0 --wait=false',
    ]);
    expect(next.read('world/node').trim()).toBe('aws:///us-east-1a/i-0fedcba9876543210');
  });

  itBoots('registers anew though the deletion of the old Node took effect and failed', () => {
    // GIVEN
    const old = new Node('server');
    old.firstBoot();
    const next = old.replacedBy('i-0fedcba9876543210');
    next.world('fail.delete', '1');
    // WHEN
    const { status } = next.firstBoot();
    // THEN
    expect(status).toBe(0);
    expect(next.read('world/node').trim()).toBe('aws:///us-east-1a/i-0fedcba9876543210');
  });

  itBoots('waits for an API that is ready late, with the timers running meanwhile', () => {
    const node = new Node('server');
    node.world('ready-after', '119');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(0);
    expect(stderr).toContain('serving as server-0');
    expect(node.calls(/readyz/)).toHaveLength(120);
    expect(node.calls(/^sleep/)).toEqual(Array(119).fill('sleep 5'));
    const order = node.calls(/enable --now|readyz/);
    expect(order[0]).toContain('enable --now');
  });

  itBoots('says so when the API is not ready in ten minutes, and goes on at the next try of its unit', () => {
    // GIVEN
    const node = new Node('server');
    node.world('ready-after', '150');
    // WHEN
    const first = node.firstBoot();
    // THEN
    expect(first.status).toBe(1);
    expect(first.stderr).toContain("the Kubernetes API is not ready after ten minutes; see 'journalctl -u k3s'");
    expect(node.calls(/readyz/)).toHaveLength(120);
    // WHEN
    const second = node.startUnit('k3s-autoscaler-boot.service');
    // THEN
    expect(second.status).toBe(0);
    expect(node.calls(/^systemctl (re)?start .*k3s\.service/)).toHaveLength(1);
  });

  itBoots('waits for a Node that registers late', () => {
    const node = new Node('server');
    node.world('fail.node', '59');
    expect(node.firstBoot().status).toBe(0);
    expect(node.calls(/get node/)).toHaveLength(60);
    expect(node.calls(/^sleep/)).toEqual(Array(59).fill('sleep 5'));
    expect(node.calls(/delete node/)).toEqual([]);
  });

  itBoots('says so when no Node registers in five minutes', () => {
    const node = new Node('server');
    node.world('fail.node', '60');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('K3s runs, but Node server-0 has not registered in five minutes');
  });

  itBoots('waits for the new Node of a server that was replaced', () => {
    // GIVEN
    const old = new Node('server');
    old.firstBoot();
    const next = old.replacedBy('i-0fedcba9876543210');
    next.world('late-after-deletion', '59');
    // WHEN
    const { status } = next.firstBoot();
    // THEN
    expect(status).toBe(0);
    expect(next.calls(/^sleep/)).toEqual(Array(59).fill('sleep 5'));
    // Only when it is there: before, the pods are those of nobody.
    expect(next.calls(/get node|delete pods/).at(-1)).toContain('delete pods');
  });

  itBoots('goes on registering anew where the try before ended, at each place where one can end', () => {
    // GIVEN
    const old = new Node('server');
    old.firstBoot();
    const next = old.replacedBy('i-0fedcba9876543210');
    next.world('fail.delete', '10');
    next.world('late-after-deletion', '60');
    // WHEN
    const undeleted = next.firstBoot();
    // THEN
    expect(undeleted.stderr).toContain("Node server-0 cannot be deleted; see 'kubectl describe node server-0'");
    expect(next.calls(/delete node/)).toHaveLength(10);
    // WHEN
    const late = next.startUnit('k3s-autoscaler-boot.service');
    // THEN
    expect(late.stderr).toContain('did not register as aws:///us-east-1a/i-0fedcba9876543210 in five minutes');
    // WHEN
    next.forgetCalls();
    const { status } = next.startUnit('k3s-autoscaler-boot.service');
    // THEN
    expect(status).toBe(0);
    expect(next.calls(/delete pods/)).toHaveLength(1);
    // WHEN it is all done
    next.forgetCalls();
    next.script('server.sh');
    // THEN
    expect(next.calls(/delete node/)).toEqual([]);
  });

  itBoots('refuses to hide a node password that lies on the root disk', () => {
    const node = new Node('server');
    node.run('bash', '-c', 'mkdir -p /etc/rancher/node && echo kept >/etc/rancher/node/password');
    const { status, stderr } = node.firstBoot();
    expect(status).toBe(1);
    expect(stderr).toContain('/etc/rancher/node is no link to /var/lib/rancher/node');
    expect(node.read('etc/rancher/node/password')).toBe('kept\n');
    expect(started(node)).toBe(false);
  });
});
