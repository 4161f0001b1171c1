import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { type Stack, stackChanges } from './stack-changes';

export type InfrastructureReload =
  /** `changes`: a line for each address, none where the stack is as it was in the beginning. */
  { kind: 'synthesized'; changes: string[] } | { kind: 'broken'; text: string };

/** Of an error that is told in short. */
const MAX_LINES = 12;

/**
 * What the stack was when it was first synthesized, and what differs now: nothing is deployed in between, so that the
 * last word is about all that was saved since. Each synthesis is `npm run synth` in a process of its own, for what
 * is loaded here is what the sources were; it needs no network, no AWS account and no Terraform.
 */
export class WatchedInfrastructure {
  private first: Stack | undefined;

  /** @param root the checkout, absolute */
  constructor(
    private readonly root: string,
    private readonly signal: AbortSignal,
  ) {}

  /** A mistake in the sources is an answer, and the first that had none is what is compared with. Rejects when the signal was given. */
  async synthesize(): Promise<InfrastructureReload> {
    const outdir = await mkdtemp(path.join(tmpdir(), 'k3s-autoscaler-synth-'));
    try {
      const { code, stdout, stderr } = await this.run(outdir);
      if (code !== 0) return { kind: 'broken', text: inShort(stderr) };
      const { directory } = JSON.parse(stdout) as { directory: string };
      const stack: Stack = JSON.parse(await readFile(path.join(directory, 'cdk.tf.json'), 'utf8'));
      this.first ??= stack;
      return { kind: 'synthesized', changes: stackChanges(this.first, stack) };
    } finally {
      await rm(outdir, { recursive: true, force: true });
    }
  }

  private run(outdir: string): Promise<{ code: number; stdout: string; stderr: string }> {
    // Node looks for tsx from the working directory.
    const args = ['--import', 'tsx', path.join(this.root, 'src/cli/main.ts'), 'synth', '--json', '--out', outdir];
    const options = { cwd: this.root, signal: this.signal, env: { ...process.env, NODE_OPTIONS: '' } };
    return new Promise((resolve, reject) => {
      const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
        if (this.signal.aborted) reject(this.signal.reason);
        else resolve({ code: error ? 1 : 0, stdout, stderr });
      });
      // Nobody waits for it, and a reload needs the processor at the same time.
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    });
  }
}

/** Its own errors say what and where in their first lines; of others the stack is left out. */
const inShort = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at |^This is a bug|^Node\.js v/.test(line))
    .slice(0, MAX_LINES)
    .join('\n');
