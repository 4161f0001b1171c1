/**
 * Gets what tests need and few machines have into one folder, at the versions that the project pins: the AWS provider, as
 * a mirror for Terraform; moto, in a Python environment of its own; Prometheus with promtool. Terraform and Python must be
 * there.
 *
 *   eval "$(npm run -s test:tools -- DIR)"
 *
 * The lines on stdout set what tests find them by. In a job of GitHub Actions the same goes to the steps that follow.
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { MOTO } from '../__tests__/support/moto';
import { findTerraform } from '../src/deploy/binary';
import { runChild } from '../src/deploy/child';
import { fromRelease, RELEASE, type Release } from '../src/dev/prometheus/release';
import { shellQuoted } from '../src/infra/shell';

const ROOT = path.resolve(__dirname, '..');
const USAGE = 'usage: npm run test:tools -- DIR   (a folder, made where it is not there)';

/** What tests find the tools by. */
export interface Tools {
  /** Of `K3S_AUTOSCALER_TF_MIRROR`. */
  mirror: string;
  /** For `PATH`. */
  bin: string;
}

/** The version of the provider that the stack asks Terraform for: that of its bindings. */
export function providerVersion(): string {
  const manifest = readFileSync(path.join(ROOT, 'node_modules/@cdktf/provider-aws/package.json'), 'utf8');
  return (JSON.parse(manifest) as { cdktf: { provider: { version: string } } }).cdktf.provider.version;
}

/**
 * @param folder where everything goes; what an earlier run put there is replaced
 * @throws Error what is missing, or which program failed
 */
export async function getTools(folder: string, env: NodeJS.ProcessEnv, release: Release = RELEASE): Promise<Tools> {
  const { program: terraform } = await findTerraform(env);
  const place = path.resolve(folder);
  const tools = { mirror: path.join(place, 'providers'), bin: path.join(place, 'bin') };
  for (const each of Object.values(tools)) mkdirSync(each, { recursive: true });
  const work = mkdtempSync(path.join(place, 'incoming-'));
  try {
    await getProvider(terraform, tools.mirror, work, env);
    await getMoto(path.join(place, 'moto'), tools.bin, env);
    await getPrometheus(tools.bin, work, release);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return tools;
}

/**
 * By the cache that `init` keeps, which has the form of a mirror that is unpacked: of what `terraform providers mirror`
 * writes, each test would unpack some 700 MB
 * (https://developer.hashicorp.com/terraform/cli/config/config-file#provider-plugin-cache).
 */
async function getProvider(terraform: string, mirror: string, work: string, env: NodeJS.ProcessEnv): Promise<void> {
  const aws = { source: 'hashicorp/aws', version: providerVersion() };
  writeFileSync(path.join(work, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: { aws } } }));
  await run(terraform, [`-chdir=${work}`, 'init', '-input=false', '-no-color'], {
    ...env,
    TF_PLUGIN_CACHE_DIR: mirror,
    CHECKPOINT_DISABLE: '1',
  });
}

async function getMoto(place: string, bin: string, env: NodeJS.ProcessEnv): Promise<void> {
  await run('python3', ['-m', 'venv', '--clear', place], env);
  await run(path.join(place, 'bin/python'), ['-m', 'pip', 'install', '--quiet', MOTO], env);
  // Not the whole environment on PATH: its python3 would stand before the machine's.
  const link = path.join(bin, 'moto_server');
  rmSync(link, { force: true });
  symlinkSync(path.join(place, 'bin/moto_server'), link);
}

async function getPrometheus(bin: string, work: string, release: Release): Promise<void> {
  const unpacked = await fromRelease(work, release, ['promtool']).then(path.dirname, (error: Error) => {
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    throw new Error(`Prometheus ${release.version} could not be got: ${error.message}${cause}`);
  });
  for (const name of ['prometheus', 'promtool']) renameSync(path.join(unpacked, name), path.join(bin, name));
}

async function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code } = await runChild(program, args, { env }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`${program} is not on PATH: install it`) : error;
  });
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}; it says above why`);
}

/**
 * Hands on where the tools are.
 *
 * @returns the lines for a shell; none where the steps of a job have got it
 */
export function handOn({ mirror, bin }: Tools, { GITHUB_ENV, GITHUB_PATH }: NodeJS.ProcessEnv): string[] {
  if (GITHUB_ENV && GITHUB_PATH) {
    appendFileSync(GITHUB_ENV, `K3S_AUTOSCALER_TF_MIRROR=${mirror}\n`);
    appendFileSync(GITHUB_PATH, `${bin}\n`);
    return [];
  }
  return [`export K3S_AUTOSCALER_TF_MIRROR=${shellQuoted(mirror)}`, `export PATH=${shellQuoted(bin)}:"$PATH"`];
}

async function main(args: readonly string[]): Promise<number> {
  const [folder, ...more] = args;
  if (!folder || folder.startsWith('-') || more.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  for (const line of handOn(await getTools(folder, process.env), process.env)) process.stdout.write(`${line}\n`);
  return 0;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      process.stderr.write(`test:tools: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
