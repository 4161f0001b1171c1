import { existsSync } from 'node:fs';
import path from 'node:path';
import { Workplace } from '../deploy/workplace';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { environment, STAGE } from './harness';
import { inventory } from './inventory';

/** The commands as a user types them, with the real Terraform and provider behind them, in a pretended account. */

const missing = missingTerraform() ?? missingMoto();
const MINUTE = 60_000;

describe('deploy, plan and destroy', () => {
  let moto: Moto;
  let workplace: Workplace;
  beforeAll(async () => {
    if (missing !== undefined) return;
    moto = await startMoto();
    workplace = new Workplace();
    workplace.env = environment(workplace.folder, moto.endpoint);
  }, MINUTE);
  afterAll(async () => {
    await moto?.stop();
    workplace?.remove();
  });

  const command = async (name: string, config: string, ...flags: string[]) => {
    const args = [name, '--stage', STAGE, '--config', workplace.config(config), '--json', ...flags];
    const { code, out, err } = await workplace.run(args);
    return { code, err, result: out === '' ? undefined : (JSON.parse(out) as Record<string, unknown>) };
  };

  itOrSkip(
    missing,
    'bring a stage up, see that nothing is left to do, refuse another network, and leave nothing',
    async () => {
      const before = await inventory(moto.endpoint);
      // WHEN it is deployed
      const deployed = await command('deploy', '', '--yes');
      // THEN it is there, with its state beside the checkout
      expect(deployed).toMatchObject({ code: 0, result: { stage: STAGE, applied: true } });
      expect(deployed.result?.outputs).toMatchObject({ 'function-name': `k3s-${STAGE}-autoscaler` });
      expect((await inventory(moto.endpoint)).functions).toEqual([`k3s-${STAGE}-autoscaler`]);
      // WHEN it is deployed again
      expect(await command('deploy', '', '--yes')).toMatchObject({ code: 0, result: { applied: false } });
      // WHEN the network is to be another one
      const plan = path.join(workplace.folder, 'moved.tfplan');
      const moved = "vpcCidr: '10.9.0.0/16',";
      const planned = await command('plan', moved, '--out', plan);
      // THEN the plan says so, and no deploy makes it
      expect(planned).toMatchObject({ code: 0, result: { planFile: plan, refused: expect.anything() } });
      expect(planned.result?.refused).toContainEqual(expect.objectContaining({ action: 'replace' }));
      const told = await workplace.run([
        ...['plan', '--stage', STAGE, '--config', workplace.config(moved)],
        ...['--saved', plan, '--markdown'],
      ]);
      expect(told).toMatchObject({ code: 0, out: expect.stringContaining('**The network will be REPLACED**') });
      expect(told.out).toMatch(/\$\d+\.\d\d → \$\d+\.\d\d a month/);
      const refused = await command('deploy', moved, '--plan', plan);
      expect(refused).toMatchObject({ code: 2, result: undefined });
      expect(refused.err).toMatch(/the plan: aws_\S+\n +value: "replace"\n +rule: .*\n +fix: /);
      expect((await inventory(moto.endpoint)).functions).toHaveLength(1);
      // WHEN it is destroyed
      expect(await command('destroy', '', '--yes')).toMatchObject({ code: 0, result: { applied: true } });
      // THEN nothing is left
      expect(await inventory(moto.endpoint)).toEqual(before);
      expect(existsSync(path.join(workplace.beside, 'cdktf.out'))).toBe(true);
    },
    8 * MINUTE,
  );
});
