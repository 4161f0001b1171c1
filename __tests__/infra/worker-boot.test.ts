import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SCRIPT = path.resolve(__dirname, '../../userdata/worker.sh');

/** The boot script with every program it calls replaced, so that nothing of this machine is touched. */
describe('the boot of a worker', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'boot-'));
    for (const name of ['install', 'sh', 'sleep']) program(name, 'exit 0');
    program('curl', 'echo i-0123');
    program('poweroff', `touch ${folder}/powered-off`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const program = (name: string, body: string): void =>
    writeFileSync(path.join(folder, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  const boot = () =>
    spawnSync('/bin/bash', [SCRIPT], {
      encoding: 'utf8',
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        K3S_VERSION: 'v1.0.0+k3s1',
        AWS_REGION: 'us-east-1',
        SERVER_URL: 'https://10.0.1.10:6443',
        JOIN_TOKEN_PARAMETER: '/k3s/join-token/test',
        NODE_LABELS: '',
        NODE_TAINTS: '',
      },
    });

  it.each([
    ['is empty', 'echo ""'],
    ['is not there', 'exit 254'],
    ['has no value', 'echo None'],
  ])('fails and powers off when the join token %s', (_, answer) => {
    // GIVEN
    program('aws', answer);
    // WHEN
    const { status, stderr } = boot();
    // THEN
    expect(status).toBe(1);
    expect(stderr).toContain('SSM parameter /k3s/join-token/test is empty or missing');
    expect(existsSync(path.join(folder, 'powered-off'))).toBe(true);
  });

  it('powers off when the metadata service does not answer', () => {
    program('curl', 'exit 7');
    expect(boot().status).toBe(7);
    expect(existsSync(path.join(folder, 'powered-off'))).toBe(true);
  });
});
