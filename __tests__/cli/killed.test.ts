import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';

jest.setTimeout(120_000);

const ROOT = path.resolve(__dirname, '../..');
const PATIENCE_MS = 20_000;

const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('k3s-autoscaler-prometheus-'));

const answers = async (url: string): Promise<boolean> =>
  fetch(`${url}/-/ready`).then(
    (answer) => answer.ok,
    () => false,
  );

async function within(ms: number, holds: () => Promise<boolean> | boolean): Promise<boolean> {
  const until = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > until) return false;
    await later(20);
  }
  return true;
}

it('dev that is killed with -9 leaves no Prometheus and no folder behind', async () => {
  const before = new Set(folders());
  const dev = spawn(
    process.execPath,
    ['--import', 'tsx', path.join(ROOT, 'src/cli/main.ts'), 'dev', '--json', '--speed', '60'],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => dev.once('exit', resolve));
  const [first] = await createInterface({ input: dev.stdout })
    [Symbol.asyncIterator]()
    .next()
    .then(({ value }) => [JSON.parse(value)]);
  const url: string = first.addresses.prometheus;
  const made = folders().filter((name) => !before.has(name));
  // GIVEN it runs
  expect(await answers(url)).toBe(true);
  // WHEN it has no time to end anything
  dev.kill('SIGKILL');
  await ended;
  // THEN all the same it is ended
  expect(await within(PATIENCE_MS, async () => !(await answers(url)))).toBe(true);
  expect(made.length).toBeGreaterThan(0);
  expect(await within(PATIENCE_MS, () => made.some((name) => !existsSync(path.join(tmpdir(), name))))).toBe(true);
});
