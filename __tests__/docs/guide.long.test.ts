import { existsSync } from 'node:fs';
import path from 'node:path';
import { grouped } from '../../src/autoscaler/grouped';
import { type Ended, Workplace } from '../deploy/workplace';
import { type Moto, missingMoto, startMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { missingTerraform } from '../support/terraform';
import { environment } from '../terraform/harness';
import { inventory } from '../terraform/inventory';
import { commands, wordsOf } from './guide';

/** docs/guide.md, command by command, as somebody types them who reads it from the top. */

const missing = missingTerraform() ?? missingMoto();
const MINUTE = 60_000;
/** The guide's. */
const STAGE = 'dev-ana';

const argumentsOf = (command: string): string[] => wordsOf(command.replace(/^npm run (-s )?/, ''));
const nameOf = (command: string): string => argumentsOf(command)[0] ?? '';

/** Needs nothing that another command makes, and so is typed in a terminal of its own meanwhile. */
const ALONE: Record<string, string> = { simulate: 'world', dev: 'world', cost: 'world', bootstrap: 'account' };
const terminals = (typed: readonly string[]): string[][] => [
  ...grouped(typed, (command) => ALONE[nameOf(command)] ?? 'stage').values(),
];

/** What a diagnosis found beside what is well, in its order; what the machine lacks is no matter of the guide. */
const OF_THE_MACHINE = ['node', 'terraform', 'session-manager-plugin', 'kubectl', 'aws'];
const found = ({ code, out }: Ended) => {
  const named = (level: string) =>
    [...out.matchAll(new RegExp(`^${level} +([a-z-]+):`, 'gm'))]
      .map(([, check = '']) => check)
      .filter((check) => !OF_THE_MACHINE.includes(check));
  const [, state] = new RegExp(`^${STAGE}: .*, (.*)$`, 'm').exec(out) ?? [];
  return { code, state, problem: named('problem'), warning: named('warning'), unknown: named('unknown') };
};

describe('the guide from its first command to its last', () => {
  let moto: Moto;
  let workplace: Workplace;
  let before: Record<string, string[]>;
  /** By command, what each of its runs ended with. */
  const ended = new Map<string, Ended[]>();
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
  async function type(command: string): Promise<void> {
    const file = (arg: string) => (/\.(html|tfplan)$/.test(arg) ? path.join(workplace.folder, arg) : arg);
    const result = await workplace.run(argumentsOf(command).map(file));
    const { code, err } = result;
    ended.set(command, [...(ended.get(command) ?? []), result]);
    if (code !== 0 && nameOf(command) !== 'doctor') throw new Error(`${command} ended with ${code}:\n${err}`);
    expect(err).not.toMatch(/^\s+at .*:\d+:\d+/m);
  }

  const last = commands.findIndex((command) => nameOf(command) === 'destroy');

  itOrSkip(
    missing,
    'brings a stage up',
    async () => {
      const ends = await Promise.allSettled(
        terminals(commands.slice(0, last)).map(async (typed) => {
          for (const command of typed) await type(command);
        }),
      );
      // Only when all have ended: what still runs needs the emulator.
      expect(ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))).toEqual([]);
      expect((await inventory(moto.endpoint)).functions).toEqual([`k3s-${STAGE}-autoscaler`]);
      expect(existsSync(path.join(workplace.beside, 'cdktf.out'))).toBe(true);
    },
    8 * MINUTE,
  );

  itOrSkip(missing, 'is told by doctor what is there, before the deploy and after it', () => {
    const runs = ended.get(`npm run doctor -- --stage ${STAGE}`) ?? [];
    // The emulator plays neither.
    const unknown = ['vcpu-quota', 'function-concurrency'];
    expect(runs.map(found)).toEqual([
      { code: 3, state: 'not deployed', problem: [], warning: [], unknown },
      {
        code: 3,
        state: 'deployed',
        problem: [],
        // Nothing boots in it, and nothing ticks.
        warning: ['last-tick', 'tokens', 'tokens', 'tokens'],
        unknown: [...unknown, 'sources', 'launches'],
      },
    ]);
  });

  itOrSkip(missing, 'has nothing left to do, which the review says', () => {
    const reviews = [...ended].filter(([command]) => command.includes('--markdown')).flatMap(([, runs]) => runs);
    expect(reviews).toHaveLength(1);
    expect(reviews[0]?.out).toMatch(/^<!-- .* stage=dev-ana changes=no -->\n/);
  });

  itOrSkip(
    missing,
    'and takes it down again: nothing is left but the bucket of the states',
    async () => {
      for (const command of commands.slice(last)) await type(command);
      const { buckets = [], parameters = [], ...after } = await inventory(moto.endpoint);
      // Amazon's own, which the emulator lists once they were asked for.
      const ours = parameters.filter((name) => !name.startsWith('/aws/service/'));
      const left = { ...after, parameters: ours, buckets: buckets.filter((name) => name !== 'acme-tfstate') };
      expect(left).toEqual(before);
    },
    8 * MINUTE,
  );
});
