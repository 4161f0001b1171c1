import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveConfig } from '../../src/config/resolve';
import { deterministicZip } from '../../src/dev/build/zip';
import { AutoscalerStack } from '../../src/infra/stack';
import { writeStack } from '../../src/infra/synth';
import { watchOver } from '../../src/processes/watchdog';
import { cliConfig } from '../support/terraform';

/** A stack as `main.ts` writes it, in a folder of its own, and the real Terraform over it. */

export const ROOT = path.resolve(__dirname, '../..');
export const STAGE = 'test';
/** What the stack reads of the checkout. */
const FOLDERS = ['userdata', 'k8s'];
export const CLUSTER = `k3s-${STAGE}`;

/** Nobody listens at this address: who asks AWS fails. */
export const NOWHERE = 'http://127.0.0.1:1';
/** Arguments of the provider with which it plans without an account. */
export const NO_ACCOUNT = {
  skip_credentials_validation: true,
  skip_requesting_account_id: true,
  skip_metadata_api_check: 'true',
  skip_region_validation: true,
};

export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * The environment of a program that must reach no account: none is inherited (`support/surroundings.cjs`).
 *
 * @param endpoint of the pretended AWS: an address, no name, because then buckets go into the path
 */
export function environment(folder: string, endpoint: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    AWS_ENDPOINT_URL: endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    // By default 25: an error of a pretended AWS is still there the last time.
    AWS_MAX_ATTEMPTS: '2',
    TF_CLI_CONFIG_FILE: cliConfig(folder),
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
  };
}

/** Runs a program to its end. */
export function run(
  program: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    // Of Terraform's group are its providers, which would outlive it.
    watchOver(child, { group: true });
    const said = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on('data', (chunk: Buffer) => said.stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => said.stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (status) => {
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
      resolve({ status, stdout: text(said.stdout), stderr: text(said.stderr) });
    });
  });
}

export class Workspace {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'terraform-'));
  /** Stands for the checkout: its `userdata/` and `k8s/`, to be changed at will. */
  readonly checkout = path.join(this.folder, 'checkout');
  private readonly original = path.join(this.folder, 'original');
  /** Where `cdk.tf.json` is. */
  readonly directory = path.join(this.folder, 'out/stacks/stack');
  /** Everything that Terraform has said so far. */
  readonly logs: string[] = [];
  private readonly env: NodeJS.ProcessEnv;

  /**
   * @param endpoint of the pretended AWS
   * @param config partial, of the stage
   * @param provider further arguments of the provider
   */
  constructor(
    endpoint: string,
    private readonly config: unknown,
    private readonly provider: Record<string, unknown> = {},
  ) {
    this.env = environment(this.folder, endpoint);
    for (const name of FOLDERS) cpSync(path.join(ROOT, name), path.join(this.original, name), { recursive: true });
    this.restore();
  }

  /** Takes back what was changed in the checkout. */
  restore(): void {
    rmSync(this.checkout, { recursive: true, force: true });
    cpSync(this.original, this.checkout, { recursive: true });
  }

  /**
   * Writes the stack anew.
   *
   * @param handler the function's code
   * @param changed what the configuration says beside, or instead
   */
  synth(handler = 'exports.handler = async () => "first";', changed: object = {}): void {
    const zip = path.join(this.folder, 'autoscaler.zip');
    writeFileSync(zip, deterministicZip('index.js', Buffer.from(handler)));
    const outdir = path.join(this.folder, 'out');
    const config = resolveConfig({ ...(this.config as object), ...changed }, 'the test');
    writeStack(
      'stack',
      outdir,
      (app) => new AutoscalerStack(app, 'stack', { stage: STAGE, config, zip, root: this.checkout }),
    );
    // Terraform merges `override.tf.json` into the stack: what the test needs stays out of it.
    this.write('override.tf.json', JSON.stringify({ provider: { aws: [this.provider] } }));
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.directory, name), text);
  }

  read(name: string): string {
    return readFileSync(path.join(this.directory, name), 'utf8');
  }

  /** Runs Terraform over the stack, whatever its exit code. */
  async try(...args: string[]): Promise<Result> {
    const result = await run('terraform', args, { cwd: this.directory, env: this.env });
    this.logs.push(result.stdout, result.stderr);
    return result;
  }

  /** Runs Terraform over the stack. @throws when it fails, with what it said */
  async terraform(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.try(...args);
    // With `-json` the errors are among the messages.
    const said = args.includes('-json')
      ? stdout.split('\n').filter((line) => line.includes('"@level":"error"'))
      : [stdout];
    if (status !== 0) throw new Error([`terraform ${args.join(' ')} ended with ${status}`, stderr, ...said].join('\n'));
    return stdout;
  }

  async init(): Promise<void> {
    await this.terraform('init', '-input=false', '-no-color');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
