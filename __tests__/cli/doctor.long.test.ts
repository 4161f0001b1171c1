import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Diagnosis } from '../../src/operate/doctor/doctor';
import type { Finding } from '../../src/operate/doctor/finding';
import { missingMoto } from '../support/moto';
import { itOrSkip } from '../support/skips';
import { DoctorStand, type Run } from './doctor-stand';

/** The command as the npm script starts it, against moto. Each finding by itself: `__tests__/operate/doctor`. */
jest.setTimeout(60_000);

const STAGE = ['--stage', 'dev-ana'];
const missing = missingMoto();

let stand: DoctorStand;
beforeAll(async () => {
  if (missing !== undefined) return;
  stand = new DoctorStand();
  await stand.open();
});
afterAll(() => stand?.close());

const noStack = (text: string) => expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);

async function json(run: Run = {}) {
  const { out, ...ended } = await stand.run({ ...run, args: [...STAGE, '--json', ...(run.args ?? [])] });
  return { ...ended, ...(JSON.parse(out) as Diagnosis) };
}

const of = (findings: readonly Finding[], check: string) => findings.filter((each) => each.check === check);
const bad = (findings: readonly Finding[]) => findings.filter(({ level }) => !['ok', 'skipped'].includes(level));

const spot = () =>
  stand.file('spot.config.ts', "export default { pools: { burst: { market: 'spot-then-on-demand' } } };\n");

itOrSkip(
  missing,
  'a healthy stage: no finding, exit 0, one document, and nothing was changed or decrypted',
  async () => {
    const { code, err, asked, ...document } = await json({ args: ['--config', spot()] });
    // THEN
    expect(bad(document.findings)).toEqual([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(document).toMatchObject({
      stage: 'dev-ana',
      cluster: 'k3s-dev-ana',
      region: 'us-east-1',
      account: '123456789012',
      deployed: true,
      counts: { problem: 0, warning: 0, unknown: 0 },
    });
    for (const finding of document.findings) {
      expect(Object.keys(finding)).toEqual([
        'check',
        'when',
        'level',
        'where',
        'what',
        'value',
        'rule',
        'fix',
        'command',
      ]);
    }
    for (const check of ['function', 'last-tick', 'server', 'sources', 'tokens', 'orphans', 'spot-role']) {
      expect(of(document.findings, check)[0]).toMatchObject({ level: 'ok' });
    }
    expect(asked.filter((operation) => !/^(Get|Describe|List|Query)/.test(operation))).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('a-secret-token');
  },
);

itOrSkip(missing, 'a sick stage: each finding with its fix, in 80 columns, and exit 1', async () => {
  const pending = { Name: '/k3s/ca/dev-ana', Version: 1, LastModifiedDate: 1 };
  const { code, out, err } = await stand.run({
    args: STAGE,
    env: { TERRAFORM_BINARY_NAME: 'no-such-program' },
    answers: {
      GetServiceQuota: { Quota: { Value: 5 } },
      GetAccountSettings: { AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 4 } },
      GetFunctionConcurrency: { ReservedConcurrentExecutions: 0 },
      DescribeParameters: { Parameters: [pending] },
      DescribeAlarms: {
        MetricAlarms: [{ AlarmName: 'k3s-dev-ana-autoscaler-errors', StateValue: 'ALARM', StateReason: '1 > 0' }],
      },
      Query: { Items: [], Count: 0 },
    },
  });
  expect(err).toBe('');
  expect(code).toBe(1);
  for (const line of out.split('\n')) expect(line.length <= 80 || !/\s/.test(line.trim())).toBe(true);
  for (const told of [
    /problem +terraform: Terraform: not there/,
    /warning +vcpu-quota: L-1216C47A[\s\S]*?run: +aws service-quotas request-service-quota-increase/,
    /warning +function-concurrency: .*4 of\s+10/,
    /problem +function: k3s-dev-ana-autoscaler: 0 executions/,
    /warning +last-tick: the last tick: never, so far/,
    /unknown +sources: [\s\S]*?no tick has been recorded/,
    /problem +tokens: \/k3s\/ca\/dev-ana: never written/,
    /problem +tokens: \/k3s\/join-token\/dev-ana: not there/,
    /problem +alarms: k3s-dev-ana-autoscaler-errors: in alarm: 1 > 0/,
    /unknown +launches: [\s\S]*?no tick has been recorded/,
    /^\d+ problems, \d+ warnings, 2 unknown, \d+ ok, \d+ skipped$/m,
  ]) {
    expect(out).toMatch(told);
  }
});

itOrSkip(
  missing,
  'without any right: unknown, each with the right that docs/security.md lists, no problem, and exit 3',
  async () => {
    const { findings, counts, code, deployed } = await json({
      args: ['--config', spot()],
      refusals: { '*': 'AccessDenied' },
    });
    const told = of(bad(findings), 'account');
    expect({ told, code, deployed, problem: counts.problem }).toEqual({
      told: [],
      code: 3,
      deployed: null,
      problem: 0,
    });
    const unknown = findings.filter(({ level }) => level === 'unknown');
    expect(unknown.length).toBeGreaterThan(15);
    const page = readFileSync(path.resolve(__dirname, '../../docs/security.md'), 'utf8');
    const [, policy = ''] = /## What doctor may ask[\s\S]*?```json\n([\s\S]*?)```/.exec(page) ?? [];
    for (const { check, rule } of unknown) {
      const [, right] = /your credentials must allow ([\w-]+:\w+)/.exec(rule ?? '') ?? [];
      expect({ check, right, isListed: policy.includes(`"${right}"`) }).toEqual({
        check,
        right: expect.any(String),
        isListed: true,
      });
    }
  },
);

itOrSkip(missing, 'without credentials, or with those of nobody: one problem, and nothing else is asked', async () => {
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  const [without, invalid] = await Promise.all([
    json({ env: none }),
    json({ refusals: { GetCallerIdentity: 'InvalidClientTokenId' } }),
  ]);
  expect(of(without.findings, 'account')[0]?.rule).toMatch(/none were found/);
  expect(of(invalid.findings, 'account')[0]?.rule).toMatch(/needs valid AWS credentials/);
  for (const { code, account, counts, asked } of [without, invalid]) {
    const { problem, unknown } = counts;
    expect({ code, account, problem, unknown }).toEqual({ code: 1, account: null, problem: 1, unknown: 0 });
    expect(asked.filter((operation) => operation !== 'GetCallerIdentity')).toEqual([]);
  }
});

itOrSkip(missing, "credentials of another account than that of Terraform's state are a problem", async () => {
  // GIVEN a state that was kept in a file, beside cdktf.out
  const arn = 'arn:aws:lambda:us-east-1:999999999999:function:k3s-dev-ben-autoscaler';
  stand.file('terraform.dev-ben.tfstate', JSON.stringify({ arn }));
  const { out, code } = await stand.run({ args: ['--stage', 'dev-ben'] });
  // THEN
  expect(out).toMatch(/problem +account: [\s\S]*stage dev-ben is in account 999999999999/);
  expect(out).toMatch(/account 123456789012, not deployed\n/);
  expect(out).toMatch(/skipped +function, last-tick, .*: stage\s+dev-ben is not deployed/);
  expect(code).toBe(1);
});

itOrSkip(
  missing,
  'a volume that was attached by hand is a warning, and no root device, no data and no claim is',
  async () => {
    // GIVEN the copy of a restore (docs/guide.md) beside what belongs there
    await stand.attach('/dev/sdf', 'Name', 'k3s-dev-ana-data');
    await stand.attach('/dev/sdh', 'CSIVolumeName', 'pvc-a3ab0567');
    const volume = await stand.attach('/dev/sdg', 'Name', 'restored');
    // WHEN
    const { findings, code } = await json({ args: ['--config', spot()] });
    // THEN
    expect(of(findings, 'volumes')).toMatchObject([
      {
        level: 'warning',
        what: `${volume} (restored, 20 GiB)`,
        value: expect.stringMatching(/^attached to i-\w+ as \/dev\/sdg/),
      },
    ]);
    expect(code).toBe(0);
  },
);

itOrSkip(missing, 'a stage that cannot be is exit 2, and nobody is asked', async () => {
  const { code, out, err, asked } = await stand.run({ args: ['--stage', 'NO'] });
  expect(err).toMatch(/must be 2 to 16/);
  noStack(err);
  expect({ code, out, asked }).toEqual({ code: 2, out: '', asked: [] });
});
