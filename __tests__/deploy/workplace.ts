import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../src/cli/program';

const ROOT = path.resolve(__dirname, '../..');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** A folder of its own for one test: the configuration, and all that our commands write. */
export class Workplace {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'workplace-'));
  /** Beside `cdktf.out`: the local state, the lock file and the data directories. */
  readonly beside = path.join(this.folder, 'work');
  /** Of the user's shell, over that of this process. */
  env: Record<string, string | undefined> = {};

  constructor() {
    mkdirSync(this.beside);
  }

  /** @returns the path, for `--config` */
  config(body: string): string {
    const file = path.join(this.folder, 'autoscaler.config.ts');
    writeFileSync(file, `export default {\n  ${body}\n};\n`);
    return file;
  }

  /**
   * Runs a command of ours as npm does, without a terminal.
   *
   * @param onError called with all of stderr so far, and with a way to signal as a terminal does: the whole group
   */
  run(args: string[], onError?: (err: string, toGroup: (signal: NodeJS.Signals) => void) => void): Promise<Ended> {
    const child = spawn(process.execPath, [path.join(ROOT, 'scripts/launch.mjs'), ...args], {
      cwd: ROOT,
      env: this.environment() as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, as a shell gives to each job.
      detached: true,
    });
    const ended: Ended = { code: null, signal: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      ended.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      ended.err += chunk.toString();
      onError?.(ended.err, (signal) => process.kill(-(child.pid ?? 0), signal));
    });
    return new Promise((resolve) => child.once('close', (code, signal) => resolve({ ...ended, code, signal })));
  }

  /** The same inside this process, which is faster; what Terraform itself says goes past it. */
  async here(args: string[]): Promise<Pick<Ended, 'code' | 'out' | 'err'>> {
    const ended = { code: 0, out: '', err: '' };
    const { env } = process;
    const { isTTY } = process.stdin;
    const catching = (stream: NodeJS.WriteStream, name: 'out' | 'err') =>
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        ended[name] += String(text);
        return true;
      });
    const spies = [catching(process.stdout, 'out'), catching(process.stderr, 'err')];
    process.env = this.environment() as NodeJS.ProcessEnv;
    process.stdin.isTTY = false;
    try {
      ended.code = await runCli(args);
    } finally {
      process.env = env;
      process.stdin.isTTY = isTTY;
      for (const spy of spies) spy.mockRestore();
    }
    return ended;
  }

  private environment(): Record<string, string | undefined> {
    return { ...process.env, CDKTF_OUTDIR: path.join(this.beside, 'cdktf.out'), ...this.env };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
