import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

/** util-linux's: it runs a command on a pseudo-terminal of its own. */
export const hasPseudoTerminal = (): boolean =>
  /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString());

/** Of a machine that has other things to do. */
const PATIENCE_MS = 40_000;

/** The program on a terminal of 80 columns, as a person has it before them. */
export class PseudoTerminal {
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;
  private waiting: { pattern: RegExp; resolve: (found: string) => void }[] = [];
  /** Written since the last thing that was waited for. */
  private unread = '';
  all = '';

  /**
   * @param root the checkout that is started
   * @param node options of Node.js
   */
  constructor(args: string[], { root = ROOT, node = [] as string[] } = {}) {
    const program = [process.execPath, ...node, '--import', 'tsx', 'src/cli/main.ts', ...args];
    const command = `stty cols 80 rows 30; exec ${program.map((word) => `'${word}'`).join(' ')}`;
    const env = { ...process.env, NO_COLOR: '1', SHELL: '/bin/sh' };
    this.child = spawn('script', ['-qfec', command, '/dev/null'], {
      cwd: root,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.all += chunk.toString();
      this.unread += chunk.toString();
      this.look();
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => resolve(code));
    });
  }

  /** Of the terminal: the program is below it. */
  get pid(): number {
    return this.child.pid as number;
  }

  press(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Resolves with what matched, when it has been written since the last time; what is before it counts no more. */
  async until(pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve) => {
      this.waiting.push({ pattern, resolve });
    });
    this.look();
    const gone = this.ended.then((code) => {
      throw new Error(`the program ended with ${code} before ${pattern}:\n${this.all.slice(-3000)}`);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const tell = () => reject(new Error(`${pattern} did not come; since the last: ${told(this.unread)}`));
      timer = setTimeout(tell, PATIENCE_MS);
    });
    return Promise.race([found, gone, late]).finally(() => clearTimeout(timer));
  }

  /** Its exit code, once it has ended. */
  end(): Promise<number | null> {
    return this.ended;
  }

  /** For the end of a test that failed half-way. */
  kill(): void {
    this.child.kill('SIGTERM');
  }

  private look(): void {
    for (const one of this.waiting) {
      const match = one.pattern.exec(this.unread);
      if (!match) return;
      this.unread = this.unread.slice(match.index + match[0].length);
      this.waiting = this.waiting.slice(1);
      one.resolve(match[0]);
    }
  }
}

/** Without the many status lines that came and went. */
const told = (text: string): string =>
  text
    .split(/\r?\n|\r/)
    .filter((line) => !line.endsWith('q quit'))
    .join('\n')
    .slice(-2000);
