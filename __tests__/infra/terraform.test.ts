import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { Testing } from '#cdk';
import { resolveConfig } from '../../src/config/resolve';
import { AutoscalerStack } from '../../src/infra/stack';
import { itOrSkip } from '../support/skips';
import { someZip } from './support';

const REGISTRY = 'registry.terraform.io';

function listed(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

/** The folder that holds a mirror of Terraform's registry: the environment's, a usual one, or any two below the root. */
function providerMirror(): string | undefined {
  const named = process.env.K3S_AUTOSCALER_TF_MIRROR;
  const usual = [
    '/usr/share/terraform/providers',
    '/usr/local/share/terraform/plugins',
    '/opt/terraform/providers',
    path.join(homedir(), '.terraform.d/plugins'),
  ];
  const candidates = named === undefined ? [...usual, ...listed('/').flatMap(listed)] : [named];
  return candidates.find((folder) => existsSync(path.join(folder, REGISTRY, 'hashicorp/aws')));
}

const mirror = providerMirror();
const terraform = spawnSync('terraform', ['version'], { env: { ...process.env, CHECKPOINT_DISABLE: '1' } });

function missing(): string | undefined {
  if (terraform.status !== 0) return 'terraform is not on PATH';
  return mirror === undefined ? 'no Terraform provider mirror; name one by K3S_AUTOSCALER_TF_MIRROR' : undefined;
}

describe('terraform', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'terraform-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(directory: string, ...args: string[]): { status: number | null; output: string } {
    const rc = path.join(folder, 'terraform.rc');
    const include = `["${REGISTRY}/*/*"]`;
    writeFileSync(
      rc,
      `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ${include}
  }
  direct { exclude = ${include} }
}
disable_checkpoint = true
`,
    );
    const env = { ...process.env, TF_CLI_CONFIG_FILE: rc, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' };
    const { status, stdout, stderr } = spawnSync('terraform', [`-chdir=${directory}`, ...args], { env });
    return { status, output: `${stdout}${stderr}` };
  }

  itOrSkip(
    missing(),
    'takes the stack as valid',
    () => {
      // GIVEN the default configuration with a second pool
      const config = resolveConfig(
        { pools: { arm: { instanceTypes: ['t4g.medium'], market: 'spot-then-on-demand' } } },
        'x',
      );
      const app = Testing.app({ outdir: path.join(folder, 'out'), stubVersion: false });
      new AutoscalerStack(app, 'stack', { stage: 'test', config, zip: someZip() });
      app.synth();
      const directory = path.join(folder, 'out/stacks/stack');
      // WHEN
      const init = run(directory, 'init', '-backend=false', '-input=false', '-no-color');
      const validate = run(directory, 'validate', '-no-color');
      // THEN
      expect(init).toMatchObject({ status: 0 });
      expect(validate).toEqual({ status: 0, output: expect.stringContaining('The configuration is valid') });
    },
    60_000,
  );
});
