import { hasPseudoTerminal, PseudoTerminal } from './pseudo-terminal';

/** `npm run dev` under a pseudo-terminal: every key does what the help says. */
jest.setTimeout(120_000);

const itOnTerminal = hasPseudoTerminal() ? it : it.skip;
if (!hasPseudoTerminal()) console.warn("SKIPPED: keys on a terminal need util-linux's `script`");

const CLEAR = '\r\u001b[K';

let terminal: PseudoTerminal | undefined;
afterEach(() => terminal?.kill());

const start = async (...args: string[]): Promise<PseudoTerminal> => {
  terminal = new PseudoTerminal(['dev', ...args]);
  await terminal.until(/q quit/);
  return terminal;
};

itOnTerminal('every key of the help works', async () => {
  const dev = await start('--speed', '240');
  // GIVEN some ticks
  await dev.until(/00:06:00 schedule: /);
  // THEN time is stopped, and goes on twice and half as fast
  dev.press('p');
  await dev.until(/ paused │ 7 ready/);
  dev.press('p');
  await dev.until(/ 240× │/);
  dev.press('+');
  await dev.until(/ 480× │/);
  dev.press('-');
  await dev.until(/ 240× │/);
  dev.press(' ');
  await dev.until(/ paused │/);
  // THEN a tick is made at once though time stands still
  dev.press('t');
  await dev.until(/ manual: 7 ready/);
  // THEN ticks are travelled through, with their reasons
  dev.press('<');
  await dev.until(/tick \d+ of \d+ \(schedule\)[\s\S]*pools:[\s\S]*at tick/);
  dev.press('\u001b[D');
  await dev.until(/tick \d+ of \d+ \(schedule\)/);
  dev.press('>');
  await dev.until(/tick \d+ of \d+ \(schedule\)/);
  dev.press('.');
  await dev.until(/tick (\d+) of \1 \(manual\)/);
  // THEN a menu is opened, and left without a choice
  dev.press('f');
  await dev.until(/What goes wrong[\s\S]*7 the Kubernetes API/);
  dev.press('x');
  await dev.until(/nothing chosen/);
  // THEN what goes wrong goes wrong
  dev.press('f1');
  await dev.until(/! spot interruption in two minutes/);
  await dev.until(/ interruption: /);
  // THEN load makes the CPU rise, and the fleet grow
  dev.press('l');
  await dev.until(/Load/);
  dev.press('1p');
  await dev.until(/: cpu-high: /);
  // THEN the web view is served, with the ticks so far
  dev.press('w');
  const [url = ''] = (await dev.until(/Web view {3}http:\S+/)).match(/http:\S+/) ?? [];
  const run = (await (await fetch(`${url}/frames`)).json()) as { head: { scenario: string }; frames: unknown[] };
  expect(run.head.scenario).toBe('tour');
  expect(run.frames.length).toBeGreaterThan(4);
  // THEN the help tells all keys
  dev.press('?');
  const help = await dev.until(/t {3}tick now\r\n[\s\S]*q {3}quit\r\n/);
  expect(help.match(/^\S {3}\S/gm)).toHaveLength(14);
  // THEN another scenario is played from its beginning
  dev.press('s');
  const quiet = /(\d) quiet/.exec(await dev.until(/\d quiet/))?.[1];
  dev.press(quiet ?? '');
  await dev.until(/scenario {3}quiet/);
  await dev.until(/00:02:00 schedule: /);
  // THEN it ends, and gives the cursor back
  dev.press('q');
  expect(await dev.end()).toBe(0);
  expect(dev.all.endsWith('\u001b[?25h')).toBe(true);
});

itOnTerminal('no line is longer than the terminal is wide', async () => {
  const dev = await start('--speed', '960');
  await dev.until(/00:08:00 schedule: /);
  dev.press('<');
  await dev.until(/tick \d+ of/);
  dev.press('q');
  await dev.end();
  // Only a word that has no room on any line may be longer.
  const lines = dev.all.replaceAll(CLEAR, '\n').split(/\r?\n/);
  expect(lines.filter((line) => line.length > 80 && / \S{1,60}$/.test(line))).toEqual([]);
});

itOnTerminal('Ctrl-C ends it with 130', async () => {
  const dev = await start();
  dev.press('\u0003');
  expect(await dev.end()).toBe(130);
});
