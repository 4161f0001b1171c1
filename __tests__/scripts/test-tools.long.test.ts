import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Testing } from '#cdk';
import { getTools, handOn, providerVersion } from '../../scripts/test-tools';
import { BootstrapStack } from '../../src/infra/bootstrap-stack';
import { MOTO } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { cliConfig, missingTerraform } from '../support/terraform';

const ROOT = path.resolve(__dirname, '../..');
const RELEASED = `prometheus-9.8.7.${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;

let folder: string;
let place: string;
let bin: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'test-tools-'));
  place = path.join(folder, 'tools');
  bin = path.join(folder, 'bin');
  mkdirSync(bin);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in the place of another one, which notes how it was called. */
function install(name: string, body = ''): void {
  const noted = `echo "${name} $* cache=$TF_PLUGIN_CACHE_DIR" >> ${folder}/calls`;
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${noted}\n${body}\n`);
  chmodSync(path.join(bin, name), 0o755);
}

const calls = () => readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n');
const VERSION = `[ "$1" = version ] && echo '{"terraform_version":"1.11.4"}'; exit 0`;
/** Makes an environment whose python notes its calls too, and whose pip brings moto_server. */
const PYTHON = (pip = 'true') => `
  PATH=/usr/bin:/bin
  for last; do :; done
  mkdir -p "$last/bin"
  printf '#!/bin/sh\\necho "pip $*" >> %s/calls\\n%s\\n' "$CALLS" '${pip}' > "$last/bin/python"
  chmod +x "$last/bin/python"`;

const env = (): NodeJS.ProcessEnv => ({ PATH: bin, CALLS: folder });

describe('the tools that tests need', () => {
  let server: Server;
  let archive: Buffer;
  let served: Buffer;
  beforeEach(async () => {
    // GIVEN a server with a release of Prometheus
    const content = path.join(folder, RELEASED);
    mkdirSync(content);
    for (const name of ['prometheus', 'promtool', 'LICENSE']) writeFileSync(path.join(content, name), name);
    execFileSync('tar', ['-czf', 'archive.tar.gz', RELEASED], { cwd: folder });
    archive = readFileSync(path.join(folder, 'archive.tar.gz'));
    served = archive;
    server = createServer((_, response) => response.end(served));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });

  const release = () => ({
    version: '9.8.7',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sha256: { [`${process.platform}-${process.arch}`]: createHash('sha256').update(archive).digest('hex') },
  });

  it('come at the pinned versions, and a second time into the same folder', async () => {
    // GIVEN
    install('terraform', VERSION);
    install('python3', PYTHON());
    for (let round = 0; round < 2; round++) {
      // WHEN
      const tools = await getTools(place, env(), release());
      // THEN
      expect(tools).toEqual({ mirror: path.join(place, 'providers'), bin: path.join(place, 'bin') });
      const made = calls();
      expect(made.at(-3)).toMatch(
        new RegExp(`^terraform -chdir=${place}/incoming-\\S+ init -input=false -no-color cache=${place}/providers$`),
      );
      expect(made.at(-2)).toContain(`python3 -m venv --clear ${place}/moto`);
      expect(made.at(-1)).toBe(`pip -m pip install --quiet ${MOTO}`);
      for (const name of ['prometheus', 'promtool'])
        expect(readFileSync(path.join(tools.bin, name), 'utf8')).toBe(name);
      writeFileSync(path.join(place, 'moto/bin/moto_server'), 'moto');
      expect(readFileSync(path.join(tools.bin, 'moto_server'), 'utf8')).toBe('moto');
    }
  });

  it('ask for the provider that the stack asks for', () => {
    const stack = new BootstrapStack(Testing.app(), 'stack', { bucket: 'b', region: 'us-east-1', stateInBucket: true });
    const { terraform } = JSON.parse(Testing.synth(stack)) as {
      terraform: { required_providers: { aws: { version: string } } };
    };
    expect(providerVersion()).toBe(terraform.required_providers.aws.version);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'there is no Terraform',
      () => install('python3', PYTHON()),
      /terraform.*version[\s\S]*no such program is on PATH/,
    ],
    [
      'Terraform fails',
      () => install('terraform', VERSION.replace('exit 0', '[ "$1" = version ]')),
      /init .* ended with 1/,
    ],
    [
      'pip fails',
      () => {
        install('terraform', VERSION);
        install('python3', PYTHON('exit 7'));
      },
      /pip install .* ended with 7/,
    ],
    [
      'Prometheus is another',
      () => {
        install('terraform', VERSION);
        install('python3', PYTHON());
        served = Buffer.concat([archive, Buffer.from('.')]);
      },
      /Prometheus 9\.8\.7 could not be got: .* sha256/,
    ],
  ])('are refused where %s, and nothing half done stays', async (_what, given, said) => {
    given();
    await expect(getTools(place, env(), release())).rejects.toThrow(said);
    if (existsSync(place)) expect(spawnSync('ls', [place], { encoding: 'utf8' }).stdout).not.toContain('incoming');
  });
});

describe('the mirror', () => {
  itOrSkip(missingTerraform(), 'is one that Terraform takes the provider from', async () => {
    // GIVEN the real Terraform, for which another mirror stands in for the registry
    install('python3', 'exit 9');
    const real = { ...process.env, PATH: `${bin}:${process.env.PATH}`, TF_CLI_CONFIG_FILE: cliConfig(folder) };
    // WHEN
    await expect(getTools(place, real)).rejects.toThrow('python3 -m venv');
    // THEN
    const unpacked = path.join(place, 'providers/registry.terraform.io/hashicorp/aws', providerVersion());
    const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
    expect(existsSync(path.join(realpathSync(path.join(unpacked, platform))))).toBe(true);
  });
});

describe('where the tools are', () => {
  const tools = { mirror: "/it's/providers", bin: '/tools/bin' };

  it('is told to a shell', () => {
    // WHEN
    const lines = handOn(tools, {});
    // THEN
    const script = `${lines.join('\n')}\necho "$K3S_AUTOSCALER_TF_MIRROR $PATH"`;
    const { stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: { PATH: '/usr/bin' } });
    expect(stdout).toBe("/it's/providers /tools/bin:/usr/bin\n");
  });

  it('goes to the steps that follow in a job', () => {
    const [GITHUB_ENV, GITHUB_PATH] = [path.join(folder, 'env'), path.join(folder, 'path')];
    writeFileSync(GITHUB_ENV, 'A=1\n');
    expect(handOn(tools, { GITHUB_ENV, GITHUB_PATH })).toEqual([]);
    expect(readFileSync(GITHUB_ENV, 'utf8')).toBe(`A=1\nK3S_AUTOSCALER_TF_MIRROR=${tools.mirror}\n`);
    expect(readFileSync(GITHUB_PATH, 'utf8')).toBe(`${tools.bin}\n`);
  });
});

it.each([[[]], [['--help']], [['a', 'b']]])('the command says how it is used after %j', (args) => {
  const words = ['--import', 'tsx', 'scripts/test-tools.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^usage: .*DIR/) });
});
