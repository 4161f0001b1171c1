import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { all, one, ROOT, synthesized } from './support';

const stack = synthesized();
const objects = all(stack, 'aws_s3_object');
const sums = one(stack, 'aws_s3_object', 'key', 'SHA256SUMS').content as string;

describe('the node files', () => {
  it('are every file of userdata/ and k8s/ but the bootstrap, and the settings of every kind of node', () => {
    const files = ['userdata', 'k8s'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name))),
    );
    expect(objects.map((object) => object.key as string).sort()).toEqual(
      [
        ...files.filter((file) => file !== 'userdata/bootstrap.sh'),
        'settings/server.env',
        'settings/base.env',
        'settings/pool-burst.env',
        'SHA256SUMS',
      ].sort(),
    );
  });

  it('are listed with their sums, sorted, as sha256sum reads it', () => {
    const lines = sums.trimEnd().split('\n');
    expect(lines).toHaveLength(objects.length - 1);
    const keys = lines.map((line) => line.slice(line.indexOf('  ') + 2));
    expect(keys).toEqual([...keys].sort());
    const script = createHash('sha256')
      .update(readFileSync(path.join(ROOT, 'userdata/worker.sh')))
      .digest('hex');
    expect(lines).toContain(`${script}  userdata/worker.sh`);
    const settings = one(stack, 'aws_s3_object', 'key', 'settings/base.env').content as string;
    expect(lines).toContain(`${createHash('sha256').update(settings).digest('hex')}  settings/base.env`);
  });

  it('leave the sum of what Terraform learns later to Terraform', () => {
    expect(sums).toMatch(/^\$\{sha256\(".*aws_ebs_volume.*aws_lambda_function_url.*"\)\} {2}settings\/server\.env$/m);
  });

  it('are all there before the list is written', () => {
    const list = one(stack, 'aws_s3_object', 'key', 'SHA256SUMS');
    expect(list.depends_on).toHaveLength(objects.length - 1);
  });

  it('lie in a bucket that is private, versioned, spoken to by TLS only, and goes with the stack', () => {
    expect(one(stack, 'aws_s3_bucket')).toMatchObject({ bucket_prefix: 'k3s-test-nodes-', force_destroy: true });
    expect(one(stack, 'aws_s3_bucket_public_access_block')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(one(stack, 'aws_s3_bucket_versioning').versioning_configuration).toEqual({ status: 'Enabled' });
    const { Statement } = JSON.parse(one(stack, 'aws_s3_bucket_policy').policy as string) as { Statement: unknown[] };
    expect(Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ]);
  });
});

describe('a changed file', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'checkout-'));
    for (const file of ['userdata/bootstrap.sh', 'userdata/worker.sh', 'k8s/kustomization.yaml']) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), '#!/bin/bash\n');
    }
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each(['userdata/worker.sh', 'k8s/kustomization.yaml'])(
    '%s changes its object and the list, nothing else',
    (file) => {
      // GIVEN
      const before = synthesized({}, 'test', root).resource;
      writeFileSync(path.join(root, file), '#!/bin/bash\necho changed\n');
      // WHEN
      const after = synthesized({}, 'test', root).resource;
      // THEN
      const changed = Object.entries(after).flatMap(([type, byId]) =>
        Object.entries(byId).flatMap(([id, resource]) =>
          JSON.stringify(resource) === JSON.stringify(before[type]?.[id]) ? [] : [`${type} ${resource.key}`],
        ),
      );
      expect(changed.sort()).toEqual(['aws_s3_object SHA256SUMS', `aws_s3_object ${file}`].sort());
    },
  );
});
