import { itOrSkip } from '../support/skips';
import { WorkerDebugger } from '../world/lambda/worker-debugger';
import { Checkout } from './checkout';
import { hasPseudoTerminal, PseudoTerminal } from './pseudo-terminal';
import { RemoteInspector } from './remote-inspector';

/** The documented `node --inspect --import tsx src/cli/main.ts dev`, on a checkout of its own that can be saved to. */
jest.setTimeout(180_000);

const missing = hasPseudoTerminal() ? undefined : "keys on a terminal need util-linux's `script`";

const TICK = 'src/autoscaler/tick.ts';

let checkout: Checkout;
let terminal: PseudoTerminal | undefined;
let inspected: RemoteInspector | undefined;

beforeEach(() => {
  checkout = new Checkout();
});
afterEach(async () => {
  await inspected?.close();
  terminal?.kill();
  await terminal?.end();
  checkout.dispose();
});

/** Saves `tick` with a variable more. @returns the line after it, from 1 */
function saveTick(): number {
  const first = '  const at = ports.clock.now();\n';
  const before = checkout.change(TICK, first, `${first}  const said = 'saved';\n  ports.log({ said });\n`);
  return before.split('\n').length + 2;
}

itOrSkip(missing, 'a breakpoint in a .ts file holds in code that was saved while dev runs', async () => {
  // GIVEN dev with a debugger that looks into workers, as an editor's does
  const dev = new PseudoTerminal(['dev', '--scenario', 'scenarios/quiet.yaml'], {
    root: checkout.root,
    node: ['--inspect=127.0.0.1:0'],
  });
  terminal = dev;
  const [url = ''] = (await dev.until(/ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/)).match(/ws:\S+/) ?? [];
  inspected = await RemoteInspector.connect(url);
  const debugging = new WorkerDebugger(inspected);
  await debugging.start();
  await dev.until(/Saves take effect from now on/);
  dev.press('p');
  await dev.until(/ paused │/);
  // WHEN a file of the function is saved, and a breakpoint is set in it
  const line = saveTick();
  await dev.until(/src\/autoscaler\/tick\.ts: new code answers/);
  await debugging.breakAt(checkout.path(TICK), line, 'saved');
  dev.press('t');
  // THEN the next tick stops there, with its variables
  expect(await debugging.paused()).toMatchObject({ line, said: 'saved' });
  // … and goes on to its end when it is let
  await debugging.resume();
  await dev.until(/ manual: /);
  // THEN it ends as ever, once the debugger is gone
  await inspected.close();
  inspected = undefined;
  dev.press('q');
  expect(await dev.end()).toBe(0);
});
