import type { Binary } from './binary';
import { type Ended, runChild } from './child';
import { Interrupted, TerraformFailed } from './errors';
import { keepLockFile, layLockFile, type Place } from './place';

export interface Voice {
  /** Says a line to people, on stderr. */
  say: (line: string) => void;
  color: boolean;
}

interface RunOptions {
  /** Exit codes that are an answer. */
  good?: readonly number[];
  collect?: { stdout?: boolean; stderr?: boolean };
}

/** Terraform in one place. What it says goes to stderr; what it answers is returned. */
export class Terraform {
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    private readonly binary: Binary,
    readonly place: Place,
    private readonly voice: Voice,
    env: NodeJS.ProcessEnv,
  ) {
    // Stages have a state each; a workspace that is left in somebody's shell would silently plan everything anew.
    const { TF_WORKSPACE: _unused, ...rest } = env;
    this.env = {
      ...rest,
      TF_DATA_DIR: place.dataDir,
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
    };
  }

  /** @throws {TerraformFailed} */
  async init(...flags: string[]): Promise<void> {
    this.judge(this.initArgs(flags), await this.initOnce(flags, {}), {});
  }

  /** What `init` ended with, where a failure is an answer too; it says nothing itself. */
  async tryInit(...flags: string[]): Promise<{ done: boolean; stderr: string }> {
    const { code, stderr } = await this.initOnce(flags, { stdout: true, stderr: true });
    return { done: code === 0, stderr };
  }

  /**
   * Runs a command; its output goes to stderr.
   *
   * @returns the exit code
   * @throws {TerraformFailed} for an exit code that is not good
   */
  async run(args: readonly string[], { good = [0] }: RunOptions = {}): Promise<number> {
    const all = [...args, ...this.plain()];
    return this.judge(all, await this.start(all, {}), { good });
  }

  /** Runs a command and returns what it prints as JSON. @throws {TerraformFailed} */
  async json<T>(args: readonly string[]): Promise<T> {
    const ended = await this.start(args, { stdout: true });
    this.judge(args, ended, {});
    return JSON.parse(ended.stdout) as T;
  }

  private initArgs = (flags: readonly string[]): string[] => ['init', '-input=false', ...flags, ...this.plain()];

  private async initOnce(flags: readonly string[], collect: RunOptions['collect']): Promise<Ended> {
    layLockFile(this.place);
    const ended = await this.start(this.initArgs(flags), collect);
    if (ended.code === 0) keepLockFile(this.place);
    return ended;
  }

  private async start(args: readonly string[], collect: RunOptions['collect'] = {}): Promise<Ended> {
    const { program } = this.binary;
    const ended = await runChild(program, [`-chdir=${this.place.directory}`, ...args], {
      env: this.env,
      collect,
      onInterrupt: (pid) =>
        this.voice.say(`Interrupted: waiting for ${program} (process ${pid}) to stop and save its state.`),
    });
    if (ended.interrupted) throw new Interrupted(`Interrupted; ${program} has stopped.`);
    return ended;
  }

  private judge(args: readonly string[], { code }: Ended, { good = [0] }: RunOptions): number {
    if (code !== null && good.includes(code)) return code;
    const { place, binary } = this;
    const how = code === null ? 'was killed' : `failed with exit code ${code}`;
    const words = [binary.program, `-chdir=${place.directory}`, ...args].join(' ');
    throw new TerraformFailed(
      `${binary.program} ${args[0]} ${how}. To run it by hand:\n  TF_DATA_DIR=${place.dataDir} ${words}`,
    );
  }

  private plain = (): string[] => (this.voice.color ? [] : ['-no-color']);
}
