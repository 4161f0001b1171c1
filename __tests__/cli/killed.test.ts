import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';
import { DynamoMailbox } from '../../src/adapters/dynamodb-mailbox';
import { historyTable } from '../history/history-table';
import { createStateTable } from '../support/tables';
import { alive, type Running, treeOf } from './process-tree';

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

/** Resolves with all its processes once it has told the line of JSON that is waited for. */
async function started(kind: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Running[]> {
  npm = spawn('npm', ['run', 'dev', '--', '--json', ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { pid, stdout } = npm;
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    if (!line.startsWith(`{"kind":"${kind}"`)) continue;
    stdout?.resume();
    tree = treeOf(pid as number);
    return tree;
  }
  throw new Error(`npm run dev -- ${args.join(' ')} ended before it said ${kind}`);
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
    await started('started', ['--speed', '60']);
    expect(tree.filter(({ command }) => /prometheus --config/.test(command))).toHaveLength(1);
    expect(folders()).toHaveLength(1);
    // WHEN
    kill(which);
    // THEN
    await within(PATIENCE_MS, isGone);
    expect(left()).toEqual(NOTHING);
  },
);

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
    await started('attached', ['--live', '--stage', 'test', '--config', config], table.env);
    expect(await within(PATIENCE_MS, async () => (await beat()) >= 2)).toBe(true);
    // WHEN
    kill(which);
    // THEN nobody is attached who could plan, in order and not only after its heartbeat is missed
    expect(await within(PATIENCE_MS, async () => (await fn.attachment()) === undefined)).toBe(true);
    await within(PATIENCE_MS, isGone);
    expect(left()).toEqual(NOTHING);
  });
});
