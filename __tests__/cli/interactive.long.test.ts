import { alive, treeOf } from '../support/process-tree';
import { itOrSkip } from '../support/skips';
import { hasPseudoTerminal, PseudoTerminal } from './pseudo-terminal';

/** `npm run dev` under a pseudo-terminal: every key does what the help says. */
jest.setTimeout(180_000);

const missing = hasPseudoTerminal() ? undefined : "keys on a terminal need util-linux's `script`";
const itOnTerminal = (name: string, test: () => Promise<void>) => itOrSkip(missing, name, test);

const CLEAR = '\r\u001b[K';
const LEFT = '\u001b[D';
const RIGHT = '\u001b[C';

let terminal: PseudoTerminal | undefined;
afterEach(() => terminal?.kill());

const start = async (...args: string[]): Promise<PseudoTerminal> => {
  terminal = new PseudoTerminal(['dev', ...args]);
  await terminal.until(/q quit/);
  return terminal;
};

const HELP = /t {3}tick now\r\n[\s\S]*q {3}quit\r\n/;

/** The keys as the help tells them. */
async function keysOfHelp(dev: PseudoTerminal): Promise<string[]> {
  dev.press('?');
  const help = await dev.until(HELP);
  return [...help.matchAll(/^(\S) {3}\S/gm)].map(([, key = '']) => key);
}

/** Each key of the help, and what comes of it; in an order in which one finds what the one before it left. */
const EFFECTS: Record<string, (dev: PseudoTerminal) => Promise<void>> = {
  p: async (dev) => {
    dev.press('p');
    await dev.until(/ paused │ 7 ready/);
    dev.press('p');
    await dev.until(/ 240× │/);
  },
  '+': async (dev) => {
    dev.press('+');
    await dev.until(/ 480× │/);
  },
  '-': async (dev) => {
    dev.press('-');
    await dev.until(/ 240× │/);
    dev.press('=');
    await dev.until(/ 480× │/);
    dev.press('-');
    await dev.until(/ 240× │/);
  },
  // At once, though time stands still.
  t: async (dev) => {
    dev.press(' ');
    await dev.until(/ paused │/);
    dev.press('t');
    await dev.until(/ manual: 7 ready/);
  },
  '<': async (dev) => {
    dev.press('<');
    await dev.until(/tick \d+ of \d+ \(schedule\)[\s\S]*pools:[\s\S]*at tick/);
    dev.press(LEFT);
    await dev.until(/tick \d+ of \d+ \(schedule\)/);
  },
  '>': async (dev) => {
    dev.press('>');
    await dev.until(/tick \d+ of \d+ \(schedule\)/);
    dev.press(`${LEFT}${RIGHT}`);
    await dev.until(/tick \d+ of \d+ \(schedule\)[\s\S]*tick \d+ of \d+ \(schedule\)/);
  },
  '.': async (dev) => {
    dev.press('.');
    await dev.until(/tick (\d+) of \1 \(manual\)/);
  },
  a: async (dev) => {
    dev.press('a');
    await dev.until(/the last hour, planned again: \d+ recorded plans, 0 of them otherwise/);
  },
  f: async (dev) => {
    dev.press('f');
    await dev.until(/What goes wrong[\s\S]*7 the Kubernetes API/);
    dev.press('x');
    await dev.until(/nothing chosen/);
    // Its workers are on demand: EC2 warns none of them.
    dev.press('f1');
    await dev.until(/EC2 takes no worker\.[\s\S]*the scenario spot/);
  },
  // The CPU rises, and the fleet grows.
  l: async (dev) => {
    dev.press('l');
    await dev.until(/Load/);
    dev.press('1p');
    await dev.until(/: cpu-high: /);
  },
  // With the ticks so far.
  w: async (dev) => {
    dev.press('w');
    const [url = ''] = (await dev.until(/Web view {3}http:\S+/)).match(/http:\S+/) ?? [];
    const run = (await (await fetch(`${url}/frames`)).json()) as { head: { scenario: string }; frames: unknown[] };
    expect(run.head.scenario).toBe('tour');
    expect(run.frames.length).toBeGreaterThan(4);
  },
  '?': async (dev) => {
    dev.press('?');
    await dev.until(HELP);
    dev.press('h');
    await dev.until(HELP);
  },
  // From its beginning.
  s: async (dev) => {
    dev.press('s');
    const quiet = /(\d) quiet/.exec(await dev.until(/\d quiet/))?.[1];
    dev.press(quiet ?? '');
    await dev.until(/scenario {3}quiet/);
    await dev.until(/00:02:00 schedule: /);
  },
  // The cursor is given back.
  q: async (dev) => {
    dev.press('q');
    expect(await dev.end()).toBe(0);
    expect(dev.all.endsWith('\u001b[?25h')).toBe(true);
  },
};

itOnTerminal('every key of the help does what it says, and the help tells of all', async () => {
  const dev = await start('--speed', '240');
  // GIVEN some ticks
  await dev.until(/00:06:00 schedule: /);
  // THEN no key is told whose effect is not expected here
  expect((await keysOfHelp(dev)).sort()).toEqual(Object.keys(EFFECTS).sort());
  // THEN each has it
  for (const effect of Object.values(EFFECTS)) await effect(dev);
});

itOnTerminal('EC2 takes the oldest spot worker by a key', async () => {
  const dev = await start('--scenario', 'scenarios/spot.yaml', '--speed', '240');
  await dev.until(/ 7 ready/);
  dev.press('f1');
  await dev.until(/! spot interruption in two minutes/);
  await dev.until(/ interruption: /);
});

itOnTerminal('no line is longer than the terminal is wide', async () => {
  const dev = await start('--speed', '960');
  await dev.until(/00:08:00 schedule: /);
  dev.press('<');
  await dev.until(/tick \d+ of/);
  // THEN the status line has its end there too
  await dev.until(/at tick \d+ of \d+ │ \? help │ q quit/);
  dev.press('q');
  await dev.end();
  // Only a word that has no room on any line may be longer.
  const lines = dev.all.replaceAll(CLEAR, '\n').split(/\r?\n/);
  expect(lines.filter((line) => line.length > 80 && / \S{1,60}$/.test(line))).toEqual([]);
});

itOnTerminal('Ctrl-C ends it with 130, and leaves no process', async () => {
  const dev = await start();
  await dev.until(/Saves take effect from now on/);
  const processes = treeOf(dev.pid);
  expect(processes.some(({ command }) => /prometheus/.test(command))).toBe(true);
  dev.press('\u0003');
  expect(await dev.end()).toBe(130);
  expect(alive(processes)).toEqual([]);
});
