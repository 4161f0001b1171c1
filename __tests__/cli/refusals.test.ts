import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { StubTerraform } from '../deploy/stub-terraform';

jest.setTimeout(60_000);

let stub: StubTerraform;
beforeEach(() => {
  stub = new StubTerraform();
});
afterEach(() => stub.remove());

const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);

describe('what is refused before anything is done', () => {
  it.each(['deploy', 'destroy', 'bootstrap'])('%s without a terminal and without --yes', async (command) => {
    const args = command === 'bootstrap' ? ['--bucket', 'acme-state'] : ['--stage', 'test'];
    const { code, out, err } = await stub.here([command, ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/stdin is not a terminal.*--yes/);
    expect(stub.calls()).toEqual([]);
  });

  it.each([['plan'], ['deploy', '--yes'], ['destroy', '--yes']])('%j with a local state in CI', async (...command) => {
    stub.env.CI = 'true';
    const { code, err } = await stub.here([...command, '--stage', 'test']);
    expect(code).toBe(2);
    expect(err).toMatch(
      /terraform\.stateBucket\n +value: \(not set\)\n +rule: .*CI=true.*\n +fix: .*npm run bootstrap/,
    );
    expect(stub.calls()).toEqual([]);
  });

  it.each([
    ['TF_LOG', 'DEBUG'],
    ['TF_LOG', 'trace'],
    ['TF_LOG', 'JSON'],
    ['TF_LOG', '1'],
    ['TF_LOG_CORE', 'TRACE'],
    ['TF_LOG_PROVIDER', 'verbose'],
    ['TF_LOG_PROVIDER_AWS', 'DEBUG'],
  ])('a log in CI that would show tokens: %s=%s', async (name, value) => {
    // GIVEN
    stub.env.CI = 'true';
    stub.env[name] = value;
    const config = stub.config("terraform: { stateBucket: 'acme-state' },");
    // WHEN
    const { code, err } = await stub.here(['plan', '--stage', 'test', '--config', config]);
    // THEN
    expect(code).toBe(2);
    expect(err).toMatch(
      new RegExp(`environment: ${name}\\n +value: "${value}"\\n +rule: .*decrypted tokens\\n +fix: +unset ${name},`),
    );
    expect(stub.calls()).toEqual([]);
  });

  it.each(['', 'INFO', 'warn', 'OFF'])('no log in CI that shows none: TF_LOG=%s', async (value) => {
    Object.assign(stub.env, { CI: 'true', TF_LOG: value });
    const config = stub.config("terraform: { stateBucket: 'acme-state' },");
    const { code } = await stub.here(['plan', '--stage', 'test', '--config', config]);
    expect(code).toBe(0);
  });

  it.each<[string, string[], RegExp]>([
    ['an unknown flag', ['plan', '--stagee', 'test'], /unknown option '--stagee'\n\(Did you mean --stage\?\)/],
    ['the same of synth', ['synth', '--jsn'], /Did you mean --json\?/],
    ['a stage that cannot be', ['plan', '--stage', 'Prod'], /--stage: stage\n +value: "Prod"/],
    [
      'the stage that is none',
      ['plan', '--stage', 'bootstrap'],
      /--stage: stage\n +value: "bootstrap"\n +rule: .*taken/,
    ],
    [
      'an instance that is none',
      ['plan', '--stage', 'test', '--replace', 'sever'],
      /--replace\n.*\n.*base-0, server\n +fix: +did you mean server\?/,
    ],
    ['a plan that is not there', ['deploy', '--stage', 'test', '--plan', 'no.tfplan'], /--plan\n +value: "no\.tfplan"/],
    [
      'a plan and --replace',
      ['deploy', '--plan', 'x', '--replace', 'server'],
      /--plan and --replace exclude each other/,
    ],
    ['no bucket', ['bootstrap', '--yes'], /required option '--bucket <name>'/],
    ['a bucket that cannot be', ['bootstrap', '--yes', '--bucket', 'A_b'], /--bucket A_b: must be/],
  ])('%s', async (_what, args, message) => {
    const { code, out, err } = await stub.here(args);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    noStack(err);
    expect(stub.commands()).not.toContain('plan');
  });
});

describe('a state in a file that is damaged is never taken for none', () => {
  it.each<[string, string, string[]]>([
    ['of a stage whose configuration names a bucket', 'test', ['plan', '--stage', 'test']],
    ['that is to be moved', 'test', ['deploy', '--stage', 'test', '--yes', '--move-state']],
    ['of the bucket itself', 'bootstrap', ['bootstrap', '--bucket', 'acme-state', '--yes']],
  ])('%s', async (_what, name, args) => {
    // GIVEN
    writeFileSync(path.join(stub.beside, `terraform.${name}.tfstate`), '{"version":4,"resour');
    const config = stub.config("terraform: { stateBucket: 'acme-state' },");
    // WHEN
    const { code, out, err } = await stub.here([...args, '--config', config]);
    // THEN
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      new RegExp(`terraform\\.${name}\\.tfstate: state\\n.*\\n +rule: .*no JSON.*\\n +fix: .*\\.backup`),
    );
    noStack(err);
    expect(stub.commands()).toEqual([]);
  });
});

describe('a Terraform that will not do is exit 1, with where to get one', () => {
  it('because there is none', async () => {
    stub.uninstall();
    const { code, err } = await stub.here(['plan', '--stage', 'test']);
    expect(code).toBe(1);
    expect(err).toMatch(/terraform: version\n.*\n +rule: .*1\.11 or newer.*no such program is on PATH/);
    expect(err).toMatch(/fix: .*developer\.hashicorp\.com/);
    noStack(err);
  });

  it.each([
    ['too old', '{"terraform_version":"1.9.8"}', '"1.9.8"'],
    ['something else', 'hello', '"hello"'],
  ])('because it is %s', async (_what, out, value) => {
    stub.answer({ version: { out } });
    const { code, err } = await stub.here(['plan', '--stage', 'test']);
    expect(code).toBe(1);
    expect(err).toContain(`value: ${value}`);
    expect(err).toContain('1.11 or newer');
    expect(stub.commands()).toEqual([]);
  });

  it('and another one can be named as cdktf names it', async () => {
    stub.install('tofu');
    stub.uninstall();
    stub.env.TERRAFORM_BINARY_NAME = 'tofu';
    expect(await stub.here(['plan', '--stage', 'test'])).toMatchObject({ code: 0 });
  });
});
