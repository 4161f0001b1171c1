import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { recordedFile } from '../deploy/review/plans';
import { planJson, StubTerraform } from '../deploy/stub-terraform';

jest.setTimeout(60_000);

let stub: StubTerraform;
beforeEach(() => {
  stub = new StubTerraform();
});
afterEach(() => stub.remove());

const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
const saved = (name: string, text: string): string => {
  const file = path.join(stub.folder, name);
  writeFileSync(file, text);
  return file;
};

describe('plan --markdown', () => {
  it('prints the comment, and nothing else, on stdout', async () => {
    // GIVEN
    stub.answer({
      plan: { code: 2, out: 'Plan: 1 to add\n' },
      show: { out: planJson('test', [['aws_instance.server', ['delete', 'create'], 'replace_by_request']]) },
    });
    // WHEN
    const { code, out } = await stub.here(['plan', '--stage', 'test', '--markdown']);
    // THEN
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 4)).toEqual([
      '<!-- k3s-autoscaler plan of stage=test changes=yes -->',
      '## Plan of stage `test`',
      '',
      '> [!CAUTION]',
    ]);
    expect(out).toMatch(/<\/details>\n$/);
  });

  it('replaces nothing where the form of the job was left empty, and what it names otherwise', async () => {
    const replaced = async (name: string) => {
      const { code } = await stub.here(['plan', '--stage', 'test', '--markdown', '--replace', name]);
      return {
        code,
        flags: stub
          .calls()
          .at(-2)
          ?.args.filter((arg) => arg.startsWith('-replace')),
      };
    };
    expect(await replaced('')).toEqual({ code: 0, flags: [] });
    expect(await replaced('server')).toEqual({ code: 0, flags: ['-replace=aws_instance.server'] });
    // AND what a shell would make something of is a name that is none
    expect(await replaced('server"; id #')).toMatchObject({ code: 2 });
  });

  it('prints the same of what terraform show -json said, without Terraform', async () => {
    stub.uninstall();
    const { code, out } = await stub.here(['plan', '--markdown', '--saved', recordedFile('server-replaced')]);
    expect(code).toBe(0);
    expect(out).toContain('**The server will be REPLACED**');
    expect(out).toContain('at list price in `us-east-1`');
  });

  it('prints the same of a saved plan, and plans nothing', async () => {
    stub.answer({ show: { out: readFileSync(recordedFile('handler-changed'), 'utf8') } });
    const file = saved('stage.tfplan', 'PK and so on');
    const { code, out } = await stub.here(['plan', '--stage', 'test', '--markdown', '--saved', file]);
    expect(code).toBe(0);
    expect(out).toContain('! aws_lambda_function.autoscaler_function');
    expect(stub.commands()).toEqual(['init', 'show']);
    expect(existsSync(file)).toBe(true);
  });

  it('prints the same of what --for-review printed, in another checkout and without Terraform', async () => {
    stub.answer({ plan: { code: 2 }, show: { out: readFileSync(recordedFile('handler-changed'), 'utf8') } });
    const own = await stub.here(['plan', '--stage', 'test', '--markdown']);
    const { code, out } = await stub.here(['plan', '--stage', 'test', '--for-review']);
    expect(code).toBe(0);
    stub.uninstall();
    stub.env.STAGE = 'test';
    const there = await stub.here(['plan', '--markdown', '--saved', saved('plan.json', out)]);
    expect({ code: there.code, out: there.out }).toEqual({ code: 0, out: own.out });
  });

  it('is refused for a plan in JSON of another stage than the one that is named', async () => {
    stub.env.STAGE = 'prod';
    const { code, out, err } = await stub.here(['plan', '--markdown', '--saved', recordedFile('nothing')]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('must be a plan of stage prod, and is of test');
  });

  it.each([
    ['is neither a plan nor JSON', 'Error: no such role', /and is no JSON/],
    ['is cut', '{"format_version":"1.2","resource_ch', /and is no JSON/],
    ['is JSON of another kind', '{"stage":"test"}', /: format_version: /],
    [
      'is larger than any plan',
      `{"a":"${'x'.repeat(17 * 2 ** 20)}"}`,
      /must be 16777216 bytes at most, and has 178\d+/,
    ],
  ])('is refused for a file that %s, with what it must be', async (_what, text, says) => {
    const { code, out, err } = await stub.here(['plan', '--markdown', '--saved', saved('p', text)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/command line: --saved\n {4}value: .*\n {4}rule: .*\n {4}fix: /);
    expect(err).toMatch(says);
    noStack(err);
  });

  it('is refused where Terraform says something that nobody here has words for', async () => {
    const show = planJson('test', [['aws_sns_topic.a', ['create', 'forget']]]);
    stub.answer({ plan: { code: 2 }, show: { out: show } });
    const { code, out, err } = await stub.here(['plan', '--stage', 'test', '--markdown']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/resource_changes\.0\.change\.actions: must be one of no-op; /);
    noStack(err);
  });

  it('is refused for a saved plan of another stage', async () => {
    stub.answer({ show: { out: planJson('other', []) } });
    const { code, err } = await stub.here(['plan', '--stage', 'test', '--markdown', '--saved', saved('p', 'PK')]);
    expect(code).toBe(2);
    expect(err).toContain('must be a plan of stage test, and is of other');
  });

  it.each([
    [['--markdown', '--json'], '--markdown, --for-review and --json exclude each other'],
    [['--markdown', '--for-review'], '--markdown, --for-review and --json exclude each other'],
    [['--saved', 'x', '--out', 'y'], '--saved makes no plan'],
    [['--saved', 'nowhere.json'], 'command line: --saved'],
  ])('refuses %j', async (flags, said) => {
    const { code, out, err } = await stub.here(['plan', '--stage', 'test', ...flags]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(said);
    noStack(err);
  });
});

describe('plan --detailed-exitcode', () => {
  it.each([
    [2, ['--detailed-exitcode'], 3],
    [0, ['--detailed-exitcode'], 0],
    [1, ['--detailed-exitcode'], 1],
  ])('makes of %d of Terraform, with %j, %d', async (ended, flags, code) => {
    stub.answer({ plan: { code: ended } });
    expect(await stub.here(['plan', '--stage', 'test', ...flags])).toMatchObject({ code });
  });
});
