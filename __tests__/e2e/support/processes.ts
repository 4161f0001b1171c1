import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { watchOver } from '../../../src/processes/watchdog';
import { until } from './until';

/** What a test starts on this machine, and what ends it in every way in which the test itself may end. */
export interface RunningProcess {
  name: string;
  pid: number;
  /** The end of what it said, for a test that failed. */
  said(): string;
  /** Each line that it writes to its standard error from now on. */
  hear(line: (text: string) => void): void;
  /** Whether it has not ended by itself. */
  alive(): boolean;
  /** How it has ended: `exit status 134`, `signal SIGABRT`. */
  end(): string;
  signal(name: NodeJS.Signals): void;
  /** Ends it at once; none of these keeps anything that is worth an orderly end. */
  kill(): Promise<void>;
}

const KEPT_CHARACTERS = 20_000;

/**
 * Starts a program that goes on until it is killed.
 *
 * @param folder goes with it should this process be killed hard
 * @throws Error when it cannot be started
 */
export async function startProcess(
  name: string,
  program: string,
  args: readonly string[],
  { folder, env = {} }: { folder: string; env?: NodeJS.ProcessEnv },
): Promise<RunningProcess> {
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of the shell's, say a proxy or a kubeconfig.
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
  }
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const pid = child.pid as number;
  watchOver(child, { folder });
  const end = () => (child.signalCode === null ? `exit status ${child.exitCode}` : `signal ${child.signalCode}`);
  const hear = (line: (text: string) => void) => void createInterface({ input: child.stderr }).on('line', line);
  const signal = (signalName: NodeJS.Signals) => void child.kill(signalName);
  return { name, pid, said: () => said, hear, alive: () => isAlive(child), end, signal, kill: () => ended(child) };
}

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

async function ended(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Resolves when the process answers; throws with what it said when it has ended or does not in time. */
export async function answers(
  running: RunningProcess,
  what: string,
  ask: () => Promise<boolean>,
  withinMs: number,
): Promise<void> {
  const failure = () => `${running.name} last said:\n${running.said().slice(-3_000)}`;
  await until(
    `${running.name}: ${what}`,
    async () => {
      if (!running.alive()) throw new Error(`${running.name} has ended, ${running.end()}. ${failure()}`);
      return ask().catch(() => false);
    },
    { withinMs, failure },
  );
}
