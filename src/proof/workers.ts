import { type ChildProcess, fork } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Task, TaskResult } from './tasks';

const SANDBOX = 'worker.cjs';
const ROOT = path.resolve(__dirname, '../..');

/**
 * Makes one file of the proof and the controller, for its processes.
 *
 * @param name of the file, under `dist/proof`
 * @param plugins a mutation, where it is a mutant's
 */
export async function bundleProof(name: string, plugins: Plugin[] = []): Promise<string> {
  const outfile = path.join(ROOT, 'dist/proof', `${name}.js`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/proof/worker.ts'],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'silent',
    plugins,
  });
  // The world's Lambda starts its sandboxes from a file beside it.
  copyFileSync(path.join(ROOT, 'src/world/lambda', SANDBOX), path.join(path.dirname(outfile), SANDBOX));
  return outfile;
}

export interface RunOptions {
  /** Of `bundleProof`. */
  bundle: string;
  tasks: readonly Task[];
  processes: number;
  signal?: AbortSignal;
  /** Told of each result; `false` ends the run early. */
  onResult: (result: TaskResult, task: Task) => boolean | undefined | Promise<boolean | undefined>;
}

/** Runs tasks in processes of their own, in the order in which they are given. */
export async function runTasks({ bundle, tasks, processes, signal, onResult }: RunOptions): Promise<void> {
  const queue = [...tasks];
  const stop = (): void => {
    queue.length = 0;
  };
  const children: ChildProcess[] = [];
  const work = async (): Promise<void> => {
    const child = fork(bundle, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    children.push(child);
    try {
      for (let task = queue.shift(); task; task = queue.shift()) {
        const result = await ask(child, task);
        signal?.throwIfAborted();
        if ((await onResult(result, task)) === false) stop();
      }
    } finally {
      child.kill();
    }
  };
  const onAbort = (): void => {
    for (const child of children) child.kill();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.all(Array.from({ length: Math.min(processes, tasks.length) }, work));
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stop();
  }
}

function ask(child: ChildProcess, task: Task): Promise<TaskResult> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`a process of the proof ended (${code}) in ${JSON.stringify(task)}`));
    child.once('exit', onExit);
    child.once('message', (message: { result?: TaskResult; error?: string }) => {
      child.off('exit', onExit);
      if (message.result) resolve(message.result);
      else reject(new Error(`${JSON.stringify(task)}: ${message.error}`));
    });
    child.send(task);
  });
}
