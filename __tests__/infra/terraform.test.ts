import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Testing } from '#cdk';
import { resolveConfig } from '../../src/config/resolve';
import { AutoscalerStack } from '../../src/infra/stack';
import { itOrSkip } from '../support/skips';
import { cliConfig, missingTerraform } from '../support/terraform';
import { someZip } from './support';

describe('terraform', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'terraform-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(directory: string, ...args: string[]): { status: number | null; output: string } {
    const env = {
      ...process.env,
      TF_CLI_CONFIG_FILE: cliConfig(folder),
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
    };
    const { status, stdout, stderr } = spawnSync('terraform', [`-chdir=${directory}`, ...args], { env });
    return { status, output: `${stdout}${stderr}` };
  }

  itOrSkip(
    missingTerraform(),
    'takes the stack as valid',
    () => {
      // GIVEN the default configuration with a second pool
      const config = resolveConfig(
        { pools: { arm: { instanceTypes: ['t4g.medium'], market: 'spot-then-on-demand' } } },
        'x',
      );
      const app = Testing.app({ outdir: path.join(folder, 'out'), stubVersion: false });
      const root = path.resolve(__dirname, '../..');
      new AutoscalerStack(app, 'stack', { stage: 'test', config, zip: someZip(), root });
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
