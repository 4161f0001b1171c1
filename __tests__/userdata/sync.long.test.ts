import { readFileSync } from 'node:fs';
import path from 'node:path';
import { itBoots, leaveNodes, Node, OBJECTS, SETTINGS, USERDATA } from './node';

const SYNC = 'k3s-autoscaler-sync.service';
const STAMP = '/var/lib/rancher/k3s-autoscaler/applied';
const applies = (node: Node): number => node.calls(/^k3s kubectl .*apply --kustomize/).length;

/** A server that booted and synchronized once. */
function server(): Node {
  const node = new Node('server');
  node.firstBoot();
  expect(node.startUnit(SYNC).status).toBe(0);
  node.forgetCalls();
  return node;
}

describe('the synchronization of the server', () => {
  afterEach(leaveNodes);

  itBoots('applies k8s/ after the first boot, with the alerting part filled in', () => {
    const node = new Node('server');
    node.firstBoot();
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(applies(node)).toBe(1);
    expect(node.read('world/applied/kustomization.yaml')).toContain('namespace.yaml');
    expect(node.read('world/applied-configmap')).toBe('host: abc123.lambda-url.us-east-1.on.aws\nregion: us-east-1\n');
    expect(node.calls(/create configmap/)[0]).toMatch(
      /--namespace monitoring create configmap prometheus-alerting --from-file=\S+\/alerting\.yml /,
    );
  });

  itBoots('applies nothing when nothing changed within the hour, and reads one object', () => {
    const node = server();
    node.run('touch', '-d', '59 minutes ago', STAMP);
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(node.calls(/^k3s/)).toEqual([]);
    expect(node.calls(/get-object/)).toHaveLength(1);
  });

  itBoots('applies it all again after an hour, for what people changed in the cluster meanwhile', () => {
    const node = server();
    node.run('touch', '-d', '61 minutes ago', STAMP);
    node.startUnit(SYNC);
    node.startUnit(SYNC);
    expect(applies(node)).toBe(1);
  });

  itBoots('takes away what left k8s/, once, and nothing else', () => {
    // GIVEN
    const node = server();
    node.object(
      'k8s/objects',
      `${OBJECTS}v1 ConfigMap gone monitoring\nrbac.authorization.k8s.io/v1 ClusterRole gone \n`,
    );
    node.sums();
    node.startUnit(SYNC);
    expect(node.exists('world/deleted')).toBe(false);
    // WHEN
    node.object('k8s/objects', OBJECTS);
    node.sums();
    const { status, stderr } = node.startUnit(SYNC);
    // THEN
    expect(status).toBe(0);
    expect(stderr).toContain('k8s/ has ConfigMap gone no more: taking it away');
    const deleted = (kind: string, version: string, namespace: string): string =>
      `apiVersion: ${version}\nkind: ${kind}\nmetadata: {name: "gone", namespace: "${namespace}"}\n`;
    expect(node.read('world/deleted')).toBe(
      deleted('ConfigMap', 'v1', 'monitoring') + deleted('ClusterRole', 'rbac.authorization.k8s.io/v1', ''),
    );
    // Only when what takes its place is there.
    expect(node.calls(/apply --kustomize|delete --ignore/).at(-1)).toContain('delete --ignore');
    // WHEN it is applied once more
    node.run('touch', '-d', '61 minutes ago', STAMP);
    node.forgetCalls();
    node.startUnit(SYNC);
    // THEN
    expect(node.calls(/delete --ignore/)).toEqual([]);
  });

  itBoots('takes away what left k8s/ though it could not at first, or the run that made it failed', () => {
    // GIVEN a run that made something, or not: it failed
    const node = server();
    node.object('k8s/objects', `${OBJECTS}v1 ConfigMap gone monitoring\n`);
    node.sums();
    node.world('fail.apply', '1');
    expect(node.startUnit(SYNC).status).toBe(1);
    // WHEN it is taken back, and the API refuses
    node.object('k8s/objects', OBJECTS);
    node.sums();
    node.world('fail.prune', '1');
    expect(node.startUnit(SYNC).status).toBe(1);
    expect(node.exists('world/deleted')).toBe(false);
    // THEN
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(node.read('world/deleted')).toContain('kind: ConfigMap\nmetadata: {name: "gone"');
  });

  itBoots('takes nothing away that only comes by another version of the API', () => {
    const node = server();
    node.object('k8s/objects', OBJECTS.replace('apps/v1', 'apps/v2'));
    node.sums();
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(applies(node)).toBe(1);
    expect(node.exists('world/deleted')).toBe(false);
  });

  itBoots('leaves a namespace that left k8s/, with what people put there', () => {
    const node = server();
    node.object('k8s/objects', OBJECTS.replace('v1 Namespace monitoring \n', ''));
    node.sums();
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(node.exists('world/deleted')).toBe(false);
    expect(node.calls(/^k3s .*delete --ignore/)).toEqual([]);
  });

  itBoots('takes nothing away, and applies nothing, when kubectl finds no object at all', () => {
    const node = server();
    node.object('k8s/objects', '');
    node.sums();
    const { status, stderr } = node.startUnit(SYNC);
    expect(status).toBe(1);
    expect(stderr).toContain('kubectl finds no object in /opt/k3s-autoscaler/k8s; nothing was applied');
    expect(applies(node)).toBe(0);
    expect(node.exists('world/deleted')).toBe(false);
  });

  itBoots('has the file system follow a volume that grew, at every run', () => {
    const node = server();
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(node.calls(/^xfs_growfs/)).toEqual(['xfs_growfs -d /var/lib/rancher']);
  });

  itBoots('applies though the file system cannot grow, and says why it cannot', () => {
    const node = server();
    node.world('fail.grow', '1');
    node.run('rm', STAMP);
    const { status, stderr } = node.startUnit(SYNC);
    expect(status).toBe(0);
    expect(stderr).toContain(
      'the file system at /var/lib/rancher cannot be grown to the size of its volume: xfs_growfs:',
    );
    expect(applies(node)).toBe(1);
  });

  itBoots('applies a changed manifest once', () => {
    const node = server();
    node.object('k8s/kustomization.yaml', 'resources: [changed.yaml]\n');
    node.sums();
    node.startUnit(SYNC);
    node.startUnit(SYNC);
    expect(applies(node)).toBe(1);
    expect(node.read('world/applied/kustomization.yaml')).toContain('changed.yaml');
  });

  itBoots('applies the alerting part again when the address of the function changes', () => {
    const node = server();
    node.settings({ ALERT_URL: 'https://other9.lambda-url.us-east-1.on.aws/' });
    node.sums();
    node.startUnit(SYNC);
    expect(node.read('world/applied-configmap')).toContain('host: other9.lambda-url.us-east-1.on.aws');
  });

  itBoots("fills every placeholder of the repository's own alerting part", () => {
    const node = server();
    const template = readFileSync(path.join(USERDATA, '../k8s/prometheus/alerting.template.yml'), 'utf8');
    node.object('k8s/prometheus/alerting.template.yml', template);
    node.sums();
    expect(node.startUnit(SYNC).status).toBe(0);
    const applied = node.read('world/applied-configmap');
    expect(applied).toContain("targets: ['abc123.lambda-url.us-east-1.on.aws']");
    expect(applied).not.toContain('@ALERT_HOST@');
  });

  itBoots('takes the alerting part away when there is no address', () => {
    const node = server();
    node.settings({ ALERT_URL: '' });
    node.sums();
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(node.exists('world/applied-configmap')).toBe(false);
  });

  for (const [name, url, complaint] of [
    ['is no URL', 'abc|def', "ALERT_URL is 'abc|def', and must be https://<host>/"],
    ['is not reached because a placeholder is unknown', SETTINGS.server.ALERT_URL, 'has a placeholder that is neither'],
  ] as const) {
    itBoots(`fails, and applies again next time, when the address ${name}`, () => {
      const node = server();
      node.settings({ ALERT_URL: url });
      node.object('k8s/prometheus/alerting.template.yml', 'host: @ALERT_HOST@ @UNKNOWN@\n');
      node.sums();
      const { status, stderr } = node.startUnit(SYNC);
      expect(status).toBe(1);
      expect(stderr).toContain(complaint);
      node.startUnit(SYNC);
      expect(applies(node)).toBe(2);
    });
  }

  itBoots('applies again what failed', () => {
    const node = server();
    node.object('k8s/kustomization.yaml', 'resources: [changed.yaml]\n');
    node.sums();
    node.world('fail.apply', '1');
    expect(node.startUnit(SYNC, 1).status).toBe(0);
    expect(applies(node)).toBe(2);
    node.startUnit(SYNC);
    expect(applies(node)).toBe(2);
  });

  itBoots(
    'leaves the old files in force while the bucket is half updated, and takes the new ones when it is whole',
    () => {
      // GIVEN
      const node = server();
      const link = node.run('readlink', '/opt/k3s-autoscaler').stdout;
      node.object('k8s/kustomization.yaml', 'resources: [changed.yaml]\n');
      node.object('userdata/kubelet.yaml', 'changed: true\n');
      // WHEN the objects are new and the sums are old
      expect(node.startUnit(SYNC).status).toBe(0);
      // THEN
      expect(applies(node)).toBe(0);
      // WHEN the sums are new and an object is old
      node.sums();
      node.world('bucket/userdata/kubelet.yaml', 'changed: not yet\n');
      const { status, stderr } = node.startUnit(SYNC);
      // THEN
      expect(status).toBe(1);
      expect(stderr).toContain('userdata/kubelet.yaml: FAILED');
      expect(stderr).toContain('the files of the last whole fetch stay in force');
      expect(node.run('readlink', '/opt/k3s-autoscaler').stdout).toBe(link);
      expect(node.read('opt/k3s-autoscaler/k8s/kustomization.yaml')).toContain('namespace.yaml');
      expect(applies(node)).toBe(0);
      // WHEN all of it is there
      node.object('userdata/kubelet.yaml', 'changed: true\n');
      node.sums();
      expect(node.startUnit(SYNC).status).toBe(0);
      // THEN
      expect(applies(node)).toBe(1);
      expect(
        node
          .run('find', '/opt/k3s-autoscaler-versions', '-mindepth', '1', '-maxdepth', '1', '-type', 'd')
          .stdout.trim()
          .split('\n'),
      ).toHaveLength(1);
    },
  );

  itBoots('leaves the old files in force when S3 does not answer', () => {
    const node = server();
    node.world('fail.s3', '9');
    expect(node.startUnit(SYNC).status).toBe(1);
    expect(node.exists('opt/k3s-autoscaler/userdata/server.sh')).toBe(true);
  });

  itBoots('waits while another run fetches, so that neither takes the other one’s files away', () => {
    // GIVEN a lock that somebody has
    const node = server();
    node.object('k8s/kustomization.yaml', 'resources: [changed.yaml]\n');
    node.sums();
    // WHEN a run comes to it, and the lock is given back once it waits, or has ended without waiting
    const { status } = node.run(
      'bash',
      '-c',
      `exec 8>/opt/k3s-autoscaler-versions/.lock
       /usr/bin/flock 8
       bash /opt/k3s-autoscaler/userdata/sync.sh 8>&- & run=$!
       until grep -q '^flock 9$' /world/calls || ! kill -0 $run; do :; done
       cp /world/calls /world/calls-while-locked
       exec 8>&-
       wait $run`,
    );
    // THEN
    expect(node.read('world/calls-while-locked')).toBe('flock 9\n');
    expect(status).toBe(0);
    expect(applies(node)).toBe(1);
  });

  itBoots('mends a file that somebody changed on the server', () => {
    const node = server();
    node.run('bash', '-c', 'echo broken >/opt/k3s-autoscaler/k8s/kustomization.yaml');
    expect(node.startUnit(SYNC).status).toBe(0);
    expect(node.read('opt/k3s-autoscaler/k8s/kustomization.yaml')).toContain('namespace.yaml');
  });

  itBoots('applies with the script that came with the manifests', () => {
    const node = server();
    const script = node.read('world/bucket/userdata/sync.sh');
    node.object('userdata/sync.sh', script.replace('wanted=', 'touch /world/ran-the-new-one\nwanted='));
    node.sums();
    node.startUnit(SYNC);
    expect(node.exists('world/ran-the-new-one')).toBe(true);
    expect(node.calls(/^systemctl/)).toEqual([]);
  });

  itBoots('knows on a new instance what was applied to the cluster of the old volume', () => {
    const node = server();
    const next = node.replacedBy('i-0fedcba9876543210');
    next.firstBoot();
    next.startUnit(SYNC);
    expect(applies(next)).toBe(0);
  });
});
