import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { itOrSkip } from '../support/skips';
import { Checkout } from './checkout';
import { hasPseudoTerminal, PseudoTerminal } from './pseudo-terminal';

/** Back in time in the real world of `dev`: what is told there is about the tick that is looked at, and no other. */
jest.setTimeout(180_000);

const missing = hasPseudoTerminal() ? undefined : "keys on a terminal need util-linux's `script`";

const ROOT = path.resolve(__dirname, '../..');
const REASONS = 'src/autoscaler/planning/reasons.ts';
const MINUTE = '2026-01-05T00:04:00Z';

let checkout: Checkout;
let terminal: PseudoTerminal | undefined;

beforeEach(() => {
  checkout = new Checkout();
});
afterEach(async () => {
  terminal?.kill();
  await terminal?.end();
  checkout.dispose();
});

/** Time stands still after the launch of 00:04:00, and the terminal is at that tick. */
async function atTheLaunch(): Promise<{ dev: PseudoTerminal; world: string }> {
  const dev = new PseudoTerminal(['dev', '--speed', '240'], { root: checkout.root });
  terminal = dev;
  const [, world = ''] = /DynamoDB\s+(http:\S+)/.exec(await dev.until(/DynamoDB\s+http:\S+/)) ?? [];
  await dev.until(/Saves take effect from now on/);
  await dev.until(/00:06:00 schedule: /);
  dev.press('p');
  await dev.until(/ paused │/);
  for (let place = ''; !place.startsWith('00:04:00'); ) {
    dev.press('<');
    place = await dev.until(/\d\d:\d\d:\d\d tick \d+ of \d+ \(schedule\)/);
  }
  return { dev, world };
}

const ask = (root: string, ...args: string[]) => {
  const program = ['--import', 'tsx', path.join(root, 'src/cli/main.ts')];
  const { status, stdout } = spawnSync(process.execPath, [...program, ...args], { cwd: root, encoding: 'utf8' });
  return { status, said: stdout.replace(/\s+/g, ' ') };
};

itOrSkip(
  missing,
  'GIVEN one went back to a tick WHEN the planner is saved THEN that tick is planned again',
  async () => {
    const { dev, world } = await atTheLaunch();
    // WHEN
    checkout.change(REASONS, 'Pending pods need nodes that', 'Waiting pods need nodes that');
    // THEN the decision of this very tick is the one that is another
    await dev.until(
      /00:04:00 planned again: 1 difference\s+decision\s+then: pending-pods: Pending pods [\s\S]*now:\s+pending-pods: Waiting pods /,
    );
    // THEN it is among those of the last hour, in which more came after it
    dev.press('a');
    await dev.until(
      /the last hour, planned again: [3-9] recorded plans, 1 of them otherwise\s+00:04:00 decision\s+then: pending-pods/,
    );
    // THEN the one before it is not taken for it, nor it for the one after it
    dev.press('<');
    await dev.until(/00:02:00 tick 1 of/);
    dev.press('a');
    // THEN wherever one is, the last hour is that of the last tick
    await dev.until(/the last hour, planned again: [3-9] recorded plans, 1 of them otherwise/);
    dev.press('.');
    await dev.until(/tick (\d+) of \1 /);
    checkout.change(REASONS, 'Nothing needs to change.', 'Nothing at all needs to change.');
    await dev.until(
      /00:06:00 planned again: 1 difference\s+decision\s+then: steady: Nothing needs to change\.\s+now:\s+steady: Nothing at all/,
    );
    // THEN from outside the same tick is found by the minute that the terminal shows
    const explained = ask(ROOT, 'explain', '--world', world, '--tick', MINUTE);
    expect(explained.said).toMatch(/tick of 2026-01-05T00:04:00\.\d+Z \(schedule, epoch 2\) decision: pending-pods: /);
    expect(explained.status).toBe(0);
    const replayed = ask(checkout.root, 'replay', '--world', world, '--tick', MINUTE);
    expect(replayed.said).toMatch(
      /the tick of 2026-01-05T00:04:00\.\d+Z is planned otherwise than then decision then: pending-pods: Pending/,
    );
    expect(replayed.status).toBe(1);
    dev.press('q');
    expect(await dev.end()).toBe(0);
  },
);
