import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

describe('main.ts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'synth-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const main = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'main.ts', ...args], { cwd: ROOT, encoding: 'utf8' });

  it('writes the same Terraform twice, with no path of this machine in it', () => {
    // WHEN
    const texts = ['one', 'two'].map((name) => {
      const { status, stdout, stderr } = main('--stage', 'test', '--json', '--out', path.join(folder, name));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const { directory } = JSON.parse(stdout) as { directory: string };
      return readFileSync(path.join(directory, 'cdk.tf.json'), 'utf8');
    });
    // THEN
    expect(texts[1]).toBe(texts[0]);
    expect(texts[0]).not.toContain(ROOT);
    expect(texts[0]).not.toContain(folder);
  });

  it('ends with 2 and one readable message for a bad configuration', () => {
    const file = path.join(folder, 'autoscaler.config.ts');
    writeFileSync(file, 'export default {\n  policy: { cpu: { upp: 3 } },\n};\n');
    const { status, stderr } = main('--stage', 'test', '--config', file);
    expect(status).toBe(2);
    expect(stderr).toContain('autoscaler.config.ts:2: policy.cpu.upp');
    expect(stderr).toContain("did you mean 'up'?");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    [['--stage', 'Prod'], /--stage: stage/],
    [['--nonsense'], /--nonsense/],
  ])('ends with 2 for %j', (args, message) => {
    const { status, stderr } = main(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
