import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli } from '../../src/cli/program';
import { type PrometheusProcess, startPrometheus } from '../../src/world/prometheus/process';
import { said } from '../cli/said';
import { itOrSkip } from '../support/skips';
import { prometheusPath } from '../world/wire/hand-model';
import { MadeCluster, MIB, replicas, STEP, T0 } from './cluster';

const WORKER = 'ip-10-0-1-23.ec2.internal';
const CONTROL_PLANE = 'ip-10-0-0-7.ec2.internal';
const NAMES = ['--workers', 'ip-10-0-1-.*', '--servers', 'ip-10-0-0-.*'];

let prometheus: PrometheusProcess;
let folder: string;
/** Half an hour of somebody else's cluster, whose nodes are called as EC2 calls them. */
beforeAll(async () => {
  prometheus = await startPrometheus(await prometheusPath());
  folder = mkdtempSync(path.join(tmpdir(), 'another-'));
  const cluster = new MadeCluster(prometheus.url);
  const pods = [
    ...replicas(3, 'web', 0.25, 128, WORKER),
    { name: 'etcd', node: CONTROL_PLANE, containers: [{ cpu: 1.5, memory: 128 * MIB }] },
    { name: 'agent', by: 'DaemonSet', node: WORKER, containers: [{ cpu: 0.05, memory: 32 * MIB }] },
  ];
  cluster.during(0, 120, { nodes: { [CONTROL_PLANE]: 0.9, [WORKER]: 0.5 }, pods });
  await cluster.flush();
});
afterAll(async () => {
  await prometheus?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const iso = (step: number): string => new Date(T0 + step * STEP).toISOString();
const RANGE = ['--from', iso(5), '--to', iso(115)];
const run = (...flags: string[]) => said(() => runCli(['backtest', ...flags, '--json']));
const live = (...flags: string[]) => run('--prometheus', prometheus.url, ...RANGE, ...flags);

describe('a cluster whose nodes have other names', () => {
  it('is replayed by patterns for them: its pods on workers, and the CPU of these', async () => {
    const { code, out, err } = await live(...NAMES);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { steps, usableSteps, findings, policies } = JSON.parse(out);
    expect({ steps, usableSteps, findings }).toEqual({ steps: 111, usableSteps: 111, findings: [] });
    // THEN three pods of 250 m lie on the base worker all the time: with that of the control plane there would be two nodes
    for (const { nodes, pendingPodSeconds } of policies) {
      expect({ nodes, pendingPodSeconds }).toEqual({ nodes: { mean: 1, peak: 1 }, pendingPodSeconds: 0 });
    }
  });

  it.each<[string, string[], RegExp]>([
    [
      'without patterns',
      [],
      /must match one of --workers 'worker-\.\*' --servers 'server-\.\*', and not both; ip-10-0-0-7\.ec2\.internal \(neither\), ip-10-0-1-23\.ec2\.internal \(neither\) does not\. Give .*From another cluster/,
    ],
    ['with a node that no pattern names', NAMES.slice(0, 2), /; ip-10-0-0-7\.ec2\.internal \(neither\) does not/],
    [
      'with a node that both patterns name',
      ['--workers', 'ip-.*', ...NAMES.slice(2)],
      /; ip-10-0-0-7\.ec2\.internal \(both\) does not/,
    ],
    [
      'with a pattern that is not anchored',
      ['--workers', '10-0-1', ...NAMES.slice(2)],
      /23\.ec2\.internal \(neither\)/,
    ],
    ['of which no node is a worker', ['--servers', 'ip-.*'], /no worker at any time, by --workers 'worker-\.\*' /],
  ])('is refused %s, by name', async (_what, flags, message) => {
    const { code, out, err } = await live(...flags);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });
});

/** The script needs bash and curl. */
const missingProgram = ['bash', 'curl'].find((name) => spawnSync(name, ['--version']).status !== 0);
const missing = missingProgram && `${missingProgram} is not on PATH`;

describe('its export', () => {
  const page = readFileSync(path.resolve(__dirname, '../../docs/backtest.md'), 'utf8');
  const script = /^```bash\n(.*?)^```$/ms.exec(page)?.[1] ?? '';

  itOrSkip(missing, 'says by which names it was asked for: it needs no flags, and takes no others', async () => {
    // GIVEN the script with names of that cluster
    const settings = `prometheus=${prometheus.url} from=${iso(5)} to=${iso(115)} step=15 page=600`;
    const made = script
      .replace(/^prometheus=.*$/m, settings)
      .replace(/^workers=.*$/m, "workers='ip-10-0-1-\\d+[.]ec2[.]internal' servers='ip-10-0-0-.*'");
    execFileSync('bash', ['-euc', made], { cwd: folder });
    const file = path.join(folder, 'export.jsonl');
    const names = ['--workers', 'ip-10-0-1-\\d+[.]ec2[.]internal', '--servers', 'ip-10-0-0-.*'];
    // WHEN, THEN
    const [ofServer, bare, same] = [
      await live(...names),
      await run('--file', file),
      await run('--file', file, ...names),
    ];
    expect(ofServer).toMatchObject({ code: 0, err: '' });
    expect(bare).toEqual(ofServer);
    expect(same).toEqual(ofServer);
    const other = await run('--file', file, '--workers', 'ip-.*');
    expect(other.err).toMatch(
      /--file .*export\.jsonl: was asked for with --workers 'ip-10-0-1-\\d\+\[\.\]ec2\[\.\]internal' --servers 'ip-10-0-0-\.\*', .*; leave the flags out/,
    );
    expect(other.code).toBe(2);
  });
});
