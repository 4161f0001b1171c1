import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isScalar, isSeq, parseDocument } from 'yaml';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { NO_ACCOUNT, NOWHERE, ROOT, run, Workspace } from './harness';
import { notAskedFor, succeed } from './slow';

/** A security scan of the plan. What it finds is put right, or left for a reason that stands in `.checkov.yaml`. */

const CHECKOV = 'checkov==3.3.30';
const MINUTE = 60_000;
const SETTINGS = path.join(ROOT, '.checkov.yaml');
const onPath = spawnSync('checkov', ['--version']).status === 0;
const missing = missingTerraform() ?? (onPath ? undefined : notAskedFor());

interface Report {
  summary: { failed: number; passed: number };
  results: { failed_checks: { check_id: string; resource: string }[] };
}

/** `CKV_AWS_8 aws_instance` for each entry of the settings, out of the comment above it: `# aws_instance: why`. */
function explained(): string[] {
  const list = parseDocument(readFileSync(SETTINGS, 'utf8')).get('skip-check', true);
  if (!isSeq(list)) throw new Error(`${SETTINGS} has no list 'skip-check'`);
  return list.items.flatMap((item, index) => {
    if (!isScalar(item)) throw new Error(`${SETTINGS}: skip-check[${index}] is no id of a check`);
    // The parser takes what stands above the first entry as the list's own.
    const comment = (index === 0 ? (item.commentBefore ?? list.commentBefore) : item.commentBefore) ?? '';
    const [, types] = /^\s*([a-z0-9_, ]+): \S/.exec(comment) ?? [];
    if (types === undefined) throw new Error(`${SETTINGS}: no '# <type>: <reason>' above ${item.value}`);
    return types.split(', ').map((type) => `${item.value} ${type}`);
  });
}

describe('a security scan of the plan', () => {
  let folder: string;
  let workspace: Workspace;
  let checkov = 'checkov';

  beforeAll(async () => {
    if (missing !== undefined) return;
    folder = mkdtempSync(path.join(tmpdir(), 'checkov-'));
    if (!onPath) {
      const venv = path.join(folder, 'venv');
      await succeed('python3', ['-m', 'venv', venv], folder, process.env);
      await succeed(path.join(venv, 'bin/pip'), ['install', '--quiet', CHECKOV], folder, process.env);
      checkov = path.join(venv, 'bin/checkov');
    }
    workspace = new Workspace(NOWHERE, { alarms: { enabled: true, emails: ['ops@example.org'] } }, NO_ACCOUNT);
    workspace.synth();
    await workspace.init();
    await workspace.terraform('plan', '-input=false', '-no-color', '-out=plan');
    workspace.write('plan.json', await workspace.terraform('show', '-json', 'plan'));
  }, 8 * MINUTE);
  afterAll(() => {
    workspace?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function scanned(...args: string[]): Promise<Report> {
    const common = ['--file', path.join(workspace.directory, 'plan.json'), '--output', 'json', '--soft-fail'];
    // Elsewhere: it takes the settings of the folder in which it is started.
    const { stdout, stderr } = await run(checkov, [...common, ...args], { cwd: folder, env: process.env });
    const report = JSON.parse(stdout) as Report;
    if (report.results === undefined) throw new Error(`checkov scanned nothing\n${stdout}\n${stderr}`);
    return report;
  }

  it('has a reason for each check that is left out', () => {
    expect(explained().length).toBeGreaterThan(0);
  });

  itOrSkip(
    missing,
    'finds what has a reason, and nothing has a reason that is not found',
    async () => {
      const { results } = await scanned('--framework', 'terraform_plan', '--compact', '--quiet', '--skip-download');
      const found = results.failed_checks.map(({ check_id, resource }) => `${check_id} ${resource.split('.')[0]}`);
      expect([...new Set(found)].sort()).toEqual(explained().sort());
    },
    2 * MINUTE,
  );

  itOrSkip(
    missing,
    'finds nothing more with these settings',
    async () => {
      const { summary } = await scanned('--config-file', SETTINGS);
      expect(summary.failed).toBe(0);
      expect(summary.passed).toBeGreaterThan(100);
    },
    2 * MINUTE,
  );
});
