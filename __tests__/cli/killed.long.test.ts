import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';
import { DynamoMailbox } from '../../src/adapters/dynamodb-mailbox';
import { historyTable } from '../history/history-table';
import { alive, type Running, treeOf } from '../support/process-tree';
import { createStateTable } from '../support/tables';
import { ForwardStand } from './forward-stand';

/** What a person starts, npm and all, and what of it is left when they end some of it with `kill -9`. */
jest.setTimeout(120_000);

const ROOT = path.resolve(__dirname, '../..');
const PATIENCE_MS = 20_000;

/** Temporary folders of this test's programs alone. */
let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'killed-'));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

let npm: ChildProcess | undefined;
let tree: Running[] = [];
afterEach(() => {
  for (const { pid } of alive(tree)) process.kill(pid, 'SIGKILL');
  tree = [];
});

function start(command: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  npm = spawn('npm', ['run', command, '--', ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return npm;
}

/** Resolves once the line of JSON was told that begins so; `tree` has all its processes then. */
async function started(begin: string, command: string, args: string[], env?: NodeJS.ProcessEnv): Promise<void> {
  const { pid, stdout } = start(command, ['--json', ...args], env);
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    if (!line.startsWith(begin)) continue;
    stdout?.resume();
    tree = treeOf(pid as number);
    return;
  }
  throw new Error(`npm run ${command} -- ${args.join(' ')} ended before it said ${begin}`);
}

/** Resolves once it has started what is looked for, and `tree` has all its processes. */
async function working(sign: RegExp, command: string, args: string[]): Promise<void> {
  const { pid, stdout } = start(command, args);
  stdout?.resume();
  const isThere = () => {
    tree = treeOf(pid as number);
    return tree.some((one) => sign.test(one.command));
  };
  expect(await within(PATIENCE_MS, isThere)).toBe(true);
}

const THE = {
  npm: ({ pid }: Running) => pid === npm?.pid,
  launcher: ({ command }: Running) => /^\S*node\S* scripts\/launch\.mjs/.test(command),
  command: ({ command }: Running) => command.includes('src/cli/main.ts'),
};

function kill(which: keyof typeof THE): void {
  const found = tree.filter(THE[which]);
  expect(found).toHaveLength(1);
  for (const { pid } of found) process.kill(pid, 'SIGKILL');
}

const folders = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('k3s-autoscaler-'));

async function within(ms: number, holds: () => Promise<boolean> | boolean): Promise<boolean> {
  const until = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > until) return false;
    await later(20);
  }
  return true;
}

const left = () => ({ processes: alive(tree).map(({ command }) => command), folders: folders() });
const NOTHING = { processes: [], folders: [] };
const isGone = () => alive(tree).length === 0 && folders().length === 0;

it.each(['npm', 'launcher', 'command'] as const)(
  'dev whose %s is killed with -9 leaves no process and no folder behind',
  async (which) => {
    // GIVEN it runs, with a Prometheus of its own
    await started('{"kind":"started"', 'dev', ['--speed', '60']);
    expect(tree.filter(({ command }) => /prometheus --config/.test(command))).toHaveLength(1);
    expect(folders()).toHaveLength(1);
    // WHEN
    kill(which);
    // THEN
    await within(PATIENCE_MS, isGone);
    expect(left()).toEqual(NOTHING);
  },
);

describe('forward', () => {
  let stand: ForwardStand;
  beforeEach(async () => {
    stand = new ForwardStand();
    await stand.open();
  });
  afterEach(() => stand.close());

  it.each(['npm', 'launcher', 'command'] as const)(
    'whose %s is killed with -9 leaves no process behind, no plugin either',
    async (which) => {
      // GIVEN both are open
      await started('{"stage":"dev-ana"', 'forward', ['--stage', 'dev-ana'], stand.env);
      expect(tree.filter(({ command }) => command.includes(`${stand.folder}/session-manager-plugin`))).toHaveLength(2);
      // WHEN
      kill(which);
      // THEN
      await within(PATIENCE_MS, isGone);
      expect(left()).toEqual(NOTHING);
    },
  );
});

describe('what ends by itself, and is killed before it does', () => {
  const PROMETHEUS = /prometheus --config/;
  let scenario: string;
  beforeEach(() => {
    // Minutes, at the speed that it has.
    scenario = path.join(temporary, 'long.yaml');
    writeFileSync(
      scenario,
      'name: long\nseed: 1\ncluster: { baseWorkers: 1 }\nduration: 90d\nworkloads: []\nexpect: []\n',
    );
  });

  it.each<[string, RegExp, () => string[]]>([
    ['simulate', PROMETHEUS, () => [scenario]],
    ['bench', PROMETHEUS, () => ['--hand-over']],
    ['prove', PROMETHEUS, () => ['--part', 'wire']],
  ])('%s whose npm is killed with -9 leaves no process and no folder behind', async (command, sign, args) => {
    await working(sign, command, args());
    // WHEN
    kill('npm');
    // THEN
    await within(PATIENCE_MS, isGone);
    expect(left()).toEqual(NOTHING);
  });
});

describe('dev --live', () => {
  const CLUSTER = 'k3s-test';
  const HISTORY = 'k3s-cluster-history-test';
  let table: Awaited<ReturnType<typeof historyTable>>;
  let fn: DynamoMailbox;
  beforeEach(async () => {
    table = await historyTable(HISTORY, CLUSTER);
    await createStateTable(table.client, 'k3s-cluster-state-test');
    const { client } = table;
    fn = new DynamoMailbox({
      client,
      historyTable: HISTORY,
      cluster: CLUSTER,
      now: Date.now,
      deadlineMs: PATIENCE_MS,
    });
  });
  afterEach(() => table.close());

  const beat = async (): Promise<number> => (await fn.attachment())?.beat ?? 0;

  it.each(['npm', 'launcher'] as const)('whose %s is killed with -9 lets go of the stage', async (which) => {
    // GIVEN it beats
    const config = path.join(temporary, 'autoscaler.config.ts');
    writeFileSync(config, "export default { stages: { primary: 'prod' } };\n");
    await started('{"kind":"attached"', 'dev', ['--live', '--stage', 'test', '--config', config], table.env);
    expect(await within(PATIENCE_MS, async () => (await beat()) >= 2)).toBe(true);
    // WHEN
    kill(which);
    // THEN nobody is attached who could plan, in order and not only after its heartbeat is missed
    expect(await within(PATIENCE_MS, async () => (await fn.attachment()) === undefined)).toBe(true);
    await within(PATIENCE_MS, isGone);
    expect(left()).toEqual(NOTHING);
  });
});
