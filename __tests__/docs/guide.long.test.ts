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

/** Nothing boots in the emulator, so `doctor` has something to say of what was deployed. */
const codesOf = (name: string) => (name === 'doctor' ? [0, 1] : [0]);

it('every command is one of ours, or stands in a block that says what it needs', () => {
  expect(commands.filter((line) => !/^npm run (-s )?[a-z-]+( |$)/.test(line))).toEqual([]);
  expect(commands.length).toBeGreaterThan(10);
  expect(blocks.length - blocks.filter((block) => block.startsWith(MARK)).length).toBeGreaterThan(4);
});

describe('the guide from its first command to its last', () => {
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

  itOrSkip(
    missing,
    'works, and leaves nothing but the bucket of the states',
    async () => {
      const before = await inventory(moto.endpoint);
      for (const command of commands) {
        const [name = '', ...args] = command
          .replace(/^npm run (-s )?/, '')
          .replace(/ -- /, ' ')
          .split(/\s+/);
        const file = (arg: string) => (arg.endsWith('.html') ? path.join(workplace.folder, arg) : arg);
        const { code, err } = await workplace.run([name, ...args.map(file)]);
        expect({ command, code, err }).toEqual({ command, code: expect.any(Number), err: expect.any(String) });
        if (!codesOf(name).includes(code ?? -1)) throw new Error(`${command} ended with ${code}:\n${err}`);
        expect(err).not.toMatch(/^\s+at .*:\d+:\d+/m);
      }
      const { buckets = [], ...after } = await inventory(moto.endpoint);
      expect({ ...after, buckets: buckets.filter((name) => name !== 'acme-tfstate') }).toEqual(before);
    },
    12 * MINUTE,
  );
});
