import { type ChildProcess, spawn } from 'node:child_process';

export interface ChildOptions {
  env: NodeJS.ProcessEnv;
  /** Streams that are collected; the others go to our stderr, because stdout belongs to the command's result. */
  collect?: { stdout?: boolean; stderr?: boolean };
  /** Ends the child, and rejects, where nobody waits for its answer any more. */
  signal?: AbortSignal | undefined;
  /** Called once, when a signal was passed on and the child is being waited for. */
  onInterrupt?: (pid: number) => void;
}

export interface Ended {
  /** Null where a signal ended it. */
  code: number | null;
  /** Whether somebody wanted it to end. */
  interrupted: boolean;
  stdout: string;
  stderr: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program that must be allowed to end by itself: an interrupted apply saves the state, and Terraform that gets a
 * second SIGINT gives that up. A terminal sends Ctrl-C to its whole process group, and the launcher passes its own copy
 * on, so the child gets a session of its own and from us one SIGINT, however many we get.
 */
export function runChild(program: string, args: readonly string[], options: ChildOptions): Promise<Ended> {
  const { env, collect = {}, signal, onInterrupt } = options;
  const child = spawn(program, args, {
    env,
    detached: true,
    ...(signal && { signal }),
    stdio: ['ignore', collect.stdout ? 'pipe' : 2, collect.stderr ? 'pipe' : 2],
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
    });
  }
  const interrupt = passOnOnce(child, onInterrupt);
  return new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, interrupted: interrupt.happened(), ...texts }));
  }).finally(interrupt.dispose);
}

function passOnOnce(child: ChildProcess, onInterrupt: ChildOptions['onInterrupt']) {
  let happened = false;
  const pass = () => {
    if (happened) return;
    happened = true;
    child.kill('SIGINT');
    if (child.pid !== undefined) onInterrupt?.(child.pid);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  return {
    happened: () => happened,
    dispose: () => {
      // Once interrupted we are ending, by ourselves: the launcher's copy of the same Ctrl-C may arrive only now.
      if (happened) return;
      for (const signal of SIGNALS) process.off(signal, pass);
    },
  };
}
