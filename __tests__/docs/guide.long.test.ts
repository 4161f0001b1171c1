import { existsSync } from 'node:fs';
import path from 'node:path';
import { Workplace } from '../deploy/workplace';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { environment } from '../terraform/harness';
import { inventory } from '../terraform/inventory';
import { linesOf, pageOf } from './pages';

/** docs/guide.md, command by command, as somebody types them who reads it from the top. */

const MARK = '# needs an account';
const blocks = pageOf('docs/guide.md').blocks;
const commands = blocks.filter((block) => !block.startsWith(MARK)).flatMap(linesOf);
const missing = missingTerraform() ?? missingMoto();
const MINUTE = 60_000;
/** The guide's. */
const STAGE = 'dev-ana';

/** Nothing boots in the emulator, so `doctor` has something to say of what was deployed. */
const codesOf = (name: string) => (name === 'doctor' ? [0, 1, 3] : [0]);

it('every command is one of ours, or stands in a block that says what it needs', () => {
  expect(commands.filter((line) => !/^npm run (-s )?[a-z-]+( |$)/.test(line))).toEqual([]);
  expect(commands.length).toBeGreaterThan(10);
  expect(blocks.length - blocks.filter((block) => block.startsWith(MARK)).length).toBeGreaterThan(4);
});

describe('the guide from its first command to its last', () => {
  let moto: Moto;
  let workplace: Workplace;
  let before: Record<string, string[]>;
  beforeAll(async () => {
    if (missing !== undefined) return;
    moto = await startMoto();
    workplace = new Workplace();
    workplace.env = environment(workplace.folder, moto.endpoint);
    before = await inventory(moto.endpoint);
  }, MINUTE);
  afterAll(async () => {
    await moto?.stop();
    workplace?.remove();
  });

  /** As it is typed; only what it writes goes to another folder. */
  async function typed(command: string): Promise<void> {
    const [name = '', ...args] = command
      .replace(/^npm run (-s )?/, '')
      .replace(/ -- /, ' ')
      .split(/\s+/);
    const file = (arg: string) => (arg.endsWith('.html') ? path.join(workplace.folder, arg) : arg);
    const { code, err } = await workplace.run([name, ...args.map(file)]);
    if (!codesOf(name).includes(code ?? -1)) throw new Error(`${command} ended with ${code}:\n${err}`);
    expect(err).not.toMatch(/^\s+at .*:\d+:\d+/m);
  }

  const last = commands.findIndex((command) => command.startsWith('npm run destroy'));

  itOrSkip(
    missing,
    'brings a stage up',
    async () => {
      for (const command of commands.slice(0, last)) await typed(command);
      expect((await inventory(moto.endpoint)).functions).toEqual([`k3s-${STAGE}-autoscaler`]);
      expect(existsSync(path.join(workplace.beside, 'cdktf.out'))).toBe(true);
    },
    8 * MINUTE,
  );

  itOrSkip(
    missing,
    'which has nothing left to do, and refuses another network, be it planned or saved',
    async () => {
      const command = async (name: string, ...flags: string[]) => {
        const { code, out, err } = await workplace.run([name, '--stage', STAGE, '--json', ...flags]);
        return { code, err, result: out === '' ? undefined : (JSON.parse(out) as Record<string, unknown>) };
      };
      expect(await command('deploy', '--yes')).toMatchObject({ code: 0, result: { stage: STAGE, applied: false } });
      // WHEN the network is to be another one
      const plan = path.join(workplace.folder, 'moved.tfplan');
      const moved = ['--config', workplace.config("vpcCidr: '10.9.0.0/16',")];
      const planned = await command('plan', ...moved, '--out', plan);
      // THEN the plan says so, and no deploy makes it
      expect(planned).toMatchObject({ code: 0, result: { planFile: plan, refused: expect.anything() } });
      expect(planned.result?.refused).toContainEqual(expect.objectContaining({ action: 'replace' }));
      const told = await workplace.run(['plan', '--stage', STAGE, ...moved, '--saved', plan, '--markdown']);
      expect(told).toMatchObject({ code: 0, out: expect.stringContaining('**The network will be REPLACED**') });
      expect(told.out).toMatch(/\$\d+\.\d\d → \$\d+\.\d\d a month/);
      const refused = await command('deploy', ...moved, '--plan', plan);
      expect(refused).toMatchObject({ code: 2, result: undefined });
      expect(refused.err).toMatch(/the plan: aws_\S+\n +value: "replace"\n +rule: .*\n +fix: /);
      expect((await inventory(moto.endpoint)).functions).toHaveLength(1);
    },
    8 * MINUTE,
  );

  itOrSkip(
    missing,
    'and takes it down again: nothing is left but the bucket of the states',
    async () => {
      for (const command of commands.slice(last)) await typed(command);
      const { buckets = [], parameters = [], ...after } = await inventory(moto.endpoint);
      // Amazon's own, which the emulator lists once they were asked for.
      const ours = parameters.filter((name) => !name.startsWith('/aws/service/'));
      const left = { ...after, parameters: ours, buckets: buckets.filter((name) => name !== 'acme-tfstate') };
      expect(left).toEqual(before);
    },
    8 * MINUTE,
  );
});
