import { itBoots, leaveNodes, Node, SECRET } from './node';

const TOKENS = 'k3s-autoscaler-tokens.service';

function server(): Node {
  const node = new Node('server');
  node.firstBoot();
  node.forgetCalls();
  return node;
}
const published = (node: Node, name: string): string | undefined => {
  const file = `world/parameters/_k3s_${name}_test`;
  return node.exists(file) ? node.read(file) : undefined;
};

describe('the rotation of tokens', () => {
  afterEach(leaveNodes);

  itBoots('publishes tokens that live a day, twice a day', () => {
    // GIVEN
    const node = server();
    // WHEN
    const { status } = node.startUnit(TOKENS);
    // THEN
    expect(status).toBe(0);
    expect(published(node, 'join-token')).toBe(SECRET.join);
    expect(published(node, 'controller-token')).toBe(SECRET.controller);
    expect(published(node, 'ca')).toBe('-----BEGIN CERTIFICATE-----');
    expect(node.calls(/^k3s .*create/)).toEqual([
      'k3s token create --ttl 24h',
      'k3s kubectl --request-timeout=30s --namespace kube-system create token k3s-autoscaler --duration 24h',
    ]);
    expect(
      node.calls(/put-parameter/).map((call) => /--name (\S+) --type (\S+) --overwrite/.exec(call)?.slice(1)),
    ).toEqual([
      ['/k3s/join-token/test', 'SecureString'],
      ['/k3s/ca/test', 'String'],
      ['/k3s/controller-token/test', 'SecureString'],
    ]);
    expect(node.read('etc/systemd/system/k3s-autoscaler-tokens.timer')).toContain('OnUnitActiveSec=12h');
    expect(node.read('world/modes-of-values')).toBe('600\n'.repeat(3));
    expect(node.files().filter((file) => file.startsWith('run/'))).toEqual([]);
  });

  for (const [what, content] of [
    ['nothing', ''],
    ['a line that is no token', 'WARNING: something else\n'],
    ['a token without the hash of the CA', 'abcdef.0123456789abcdef\n'],
  ] as const) {
    itBoots(`publishes no join token when K3s prints ${what}, and goes on with the others`, () => {
      const node = server();
      node.world('k3s-join-token', content);
      const { status, stderr } = node.startUnit(TOKENS);
      expect(status).toBe(1);
      expect(stderr).toContain('no join-token was published to /k3s/join-token/test');
      expect(stderr).toContain('not published in ten minutes: join-token;');
      expect(published(node, 'join-token')).toBeUndefined();
      expect(published(node, 'controller-token')).toBe(SECRET.controller);
      expect(node.calls(/^sleep 30$/)).toHaveLength(20);
    });
  }

  itBoots('makes no second join token while the ServiceAccount is not there yet', () => {
    const node = server();
    node.world('k3s-controller-token', '');
    expect(node.startUnit(TOKENS).status).toBe(1);
    expect(published(node, 'join-token')).toBe(SECRET.join);
    expect(node.calls(/^k3s token create/)).toHaveLength(1);
    expect(published(node, 'controller-token')).toBeUndefined();
  });

  itBoots('tries again when SSM refuses, until all is written', () => {
    const node = server();
    node.world('fail.ssm', '4');
    expect(node.startUnit(TOKENS).status).toBe(0);
    expect(published(node, 'join-token')).toBe(SECRET.join);
    expect(published(node, 'ca')).toBeDefined();
    expect(node.calls(/^sleep 30$/)).toHaveLength(2);
    // THEN nothing was made twice: each join token is a Secret that lives for a day
    expect(node.calls(/token create|create token/)).toHaveLength(2);
  });

  itBoots('is started again by systemd while K3s is down', () => {
    const node = server();
    node.run('rm', '/world/running/k3s.service');
    const { status } = node.startUnit(TOKENS);
    expect(status).toBe(1);
    expect(node.read(`etc/systemd/system/${TOKENS}`)).toMatch(/^Restart=on-failure\nRestartSec=60$/m);
    node.run('systemctl', 'start', 'k3s.service');
    expect(node.startUnit(TOKENS).status).toBe(0);
  });
});
