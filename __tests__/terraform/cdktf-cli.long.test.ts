import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { environment, STAGE } from './harness';
import { inventory } from './inventory';
import { copyCheckout, install, notAskedFor, succeed } from './slow';

/** `npx cdktf deploy`: the project does not depend on it, and it still works with what the project synthesizes. */

const MINUTE = 60_000;
/** Node 24 has no prebuilt `node-pty` for it, without which not even its help is shown. */
const missingNode = (): string | undefined =>
  Number(process.versions.node.split('.')[0]) < 23 ? undefined : 'cdktf-cli 0.21 starts with Node 20 and 22 only';
const missing = notAskedFor() ?? missingNode() ?? missingTerraform() ?? missingMoto();

describe('cdktf-cli 0.21', () => {
  let folder: string;
  let moto: Moto;
  beforeAll(async () => {
    if (missing !== undefined) return;
    folder = mkdtempSync(path.join(tmpdir(), 'cdktf-cli-'));
    moto = await startMoto();
    await install(path.join(folder, 'cli'), 'cdktf-cli@0.21.0');
  }, 5 * MINUTE);
  afterAll(async () => {
    await moto?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  itOrSkip(
    missing,
    'deploys the stack, sees no difference, and destroys it',
    async () => {
      const checkout = copyCheckout(folder);
      const stack = `k3s-autoscaler-${STAGE}`;
      const env = { ...environment(folder, moto.endpoint), STAGE, CI: '1', FORCE_COLOR: '0' };
      const cdktf = (...args: string[]) =>
        succeed(
          process.execPath,
          [path.join(folder, 'cli/node_modules/cdktf-cli/bundle/bin/cdktf'), ...args],
          checkout,
          env,
        );
      const before = await inventory(moto.endpoint);
      // `terraform providers lock` would ask the registry.
      const offline = '--skip-provider-lock';
      // WHEN
      const deployed = await cdktf('deploy', stack, '--auto-approve', offline);
      const during = await inventory(moto.endpoint);
      const differences = await cdktf('diff', stack, offline);
      const destroyed = await cdktf('destroy', stack, '--auto-approve', offline);
      // THEN
      expect(deployed).toContain('Apply complete!');
      expect(during.functions).toEqual([`k3s-${STAGE}-autoscaler`]);
      expect(differences).toContain('No changes.');
      expect(destroyed).toContain('Destroy complete!');
      expect(await inventory(moto.endpoint)).toEqual(before);
    },
    10 * MINUTE,
  );
});
