import { existsSync } from 'node:fs';
import { alive, type Running, treeOf } from '../support/process-tree';
import { itOrSkip } from '../support/skips';
import { hasPseudoTerminal, PseudoTerminal } from './pseudo-terminal';

/** Two `npm run dev` of one checkout at once. */
jest.setTimeout(180_000);

const missing = hasPseudoTerminal() ? undefined : "keys on a terminal need util-linux's `script`";

const terminals: PseudoTerminal[] = [];
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.kill();
});

interface Loop {
  dev: PseudoTerminal;
  view: string;
  /** Of all that listens, as it is printed. */
  addresses: string[];
  processes: Running[];
  folders: string[];
}

async function start(): Promise<Loop> {
  const dev = new PseudoTerminal(['dev', '--scenario', 'scenarios/quiet.yaml', '--speed', '60']);
  terminals.push(dev);
  const [view = ''] = (await dev.until(/Web view {3}http:\S+/)).match(/http:\S+/) ?? [];
  const processes = treeOf(dev.pid);
  return {
    dev,
    view,
    addresses: dev.all.match(/https?:\/\/127\.0\.0\.1:\d+/g) ?? [],
    processes,
    folders: processes.flatMap(({ command }) => /--storage\.tsdb\.path=(\S+)\/data/.exec(command)?.slice(1) ?? []),
  };
}

async function end({ dev, processes, folders }: Loop): Promise<void> {
  dev.press('q');
  expect(await dev.end()).toBe(0);
  expect(alive(processes)).toEqual([]);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
}

const scenarioOf = async ({ view }: Loop): Promise<string> =>
  ((await (await fetch(`${view}/frames`)).json()) as { head: { scenario: string } }).head.scenario;

itOrSkip(missing, 'two loops share nothing, and the end of one is not felt by the other', async () => {
  // WHEN both are started in the same moment
  const [one, other] = await Promise.all([start(), start()]);
  // THEN each has addresses, processes and a folder of its own: Prometheus, EC2, DynamoDB, Kubernetes, the web view
  expect(one.addresses).toHaveLength(5);
  expect(new Set([...one.addresses, ...other.addresses]).size).toBe(10);
  expect(new Set([...one.folders, ...other.folders]).size).toBe(2);
  // WHEN one plays another scenario and is paused
  const control = { kind: 'scenario', name: 'fifty-replicas' };
  const headers = { origin: one.view, 'content-type': 'application/json' };
  await fetch(`${one.view}/control`, { method: 'POST', headers, body: JSON.stringify(control) });
  await one.dev.until(/scenario {3}fifty-replicas/);
  await one.dev.until(/: pending-pods:/);
  one.dev.press('p');
  await one.dev.until(/ paused │/);
  // THEN the other goes on as it was
  await other.dev.until(/00:06:00 schedule: 1 ready, 0 pending/);
  expect([await scenarioOf(one), await scenarioOf(other)]).toEqual(['fifty-replicas', 'quiet']);
  expect(other.dev.all).not.toMatch(/fifty-replicas| paused │|launched/);
  // WHEN the first is ended
  await end({ ...one, processes: treeOf(one.dev.pid) });
  // THEN the other still goes on, and ends as well
  other.dev.press('t');
  await other.dev.until(/ manual: 1 ready/);
  await end(other);
});
