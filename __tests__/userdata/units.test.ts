import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { itOrSkip } from '../support/skips';
import { itBoots, leaveNodes, Node, USERDATA } from './node';
import { missing } from './root';

const UNITS = 'etc/systemd/system';
const units = readdirSync(USERDATA).filter((file) => /\.(service|timer)$/.test(file));
const SERVER_UNITS = ['k3s.service', 'k3s-autoscaler-sync.service', 'k3s-autoscaler-tokens.service'];

/** The settings of a section, in their order; a setting may be there more than once. */
function section(unit: string, name: string): [string, string][] {
  const text = readFileSync(path.join(USERDATA, unit), 'utf8');
  const body = text.split(/^\[(\w+)\]\n/m);
  return (body[body.indexOf(name) + 1] ?? '')
    .split('\n')
    .filter((line) => /^[A-Z]\w+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
}
const settings = (unit: string, name: string, key: string): string[] =>
  section(unit, name).flatMap(([found, value]) => (found === key ? [value] : []));

/** What the units of an instance start, without the sign that says that it may fail. */
const commands = (unit: string): string[] =>
  [...unit.matchAll(/^Exec\w+=-?(.+)$/gm)].map(([, command]) => command ?? '');

const noSystemd =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? undefined : 'systemd-analyze is not on PATH';

/** What systemd says of the units that an instance has, in a root with the programs that it has or that were installed. */
function complaints(node: Node): string {
  const root = mkdtempSync(path.join(tmpdir(), 'units-'));
  try {
    cpSync(node.path(UNITS), path.join(root, UNITS), { recursive: true });
    const installed = readdirSync(node.path('usr/local/bin')).map((file) => `usr/local/bin/${file}`);
    for (const program of [...installed, 'bin/bash', 'sbin/modprobe']) {
      mkdirSync(path.dirname(path.join(root, program)), { recursive: true });
      writeFileSync(path.join(root, program), '', { mode: 0o755 });
    }
    const files = readdirSync(path.join(root, UNITS)).map((file) => path.join(root, UNITS, file));
    const argv = ['verify', `--root=${root}`, '--man=no', '--recursive-errors=no', ...files];
    return spawnSync('systemd-analyze', argv, { encoding: 'utf8' }).stderr;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe('the units of systemd', () => {
  afterEach(leaveNodes);

  for (const kind of ['server', 'base', 'pool-burst'] as const) {
    itOrSkip(missing ?? noSystemd, `of ${kind} are what systemd understands, and start programs that are there`, () => {
      const node = new Node(kind);
      expect(node.firstBoot().status).toBe(0);
      expect(complaints(node)).toBe('');
    });

    itBoots(`of ${kind} run scripts that were installed`, () => {
      const node = new Node(kind);
      node.firstBoot();
      const installed = readdirSync(node.path(UNITS)).filter((file) => file.endsWith('.service'));
      const scripts = installed
        .flatMap((file) => commands(node.read(path.join(UNITS, file))))
        .filter((command) => command.startsWith('/bin/bash '))
        .map((command) => (command.split(' ')[1] ?? '').slice(1));
      expect(scripts.length).toBeGreaterThan(1);
      expect(scripts.filter((script) => !node.exists(script))).toEqual([]);
    });
  }

  itOrSkip(missing ?? noSystemd, 'would be complained of for a setting or a program that there is not', () => {
    const node = new Node('base');
    node.firstBoot();
    const agent = path.join(node.root, UNITS, 'k3s-agent.service');
    writeFileSync(agent, readFileSync(agent, 'utf8').replace('Restart=', 'Restrat='));
    node.run('rm', '/usr/local/bin/k3s');
    expect(complaints(node)).toMatch(/Restrat/);
    expect(complaints(node)).toMatch(/\/usr\/local\/bin\/k3s is not executable/);
  });

  itBoots('are all installed somewhere', () => {
    const installed = (['server', 'base'] as const).flatMap((kind) => {
      const node = new Node(kind);
      node.firstBoot();
      return readdirSync(node.path(UNITS));
    });
    expect([...new Set(installed)].sort()).toEqual(['k3s-autoscaler-boot.service', ...units].sort());
  });

  it('of the timers start their service soon after a boot, and then as often as the texts say', () => {
    expect(section('k3s-autoscaler-sync.timer', 'Timer')).toEqual([
      ['OnBootSec', '30s'],
      ['OnUnitActiveSec', '5min'],
      ['AccuracySec', '10s'],
    ]);
    // Tokens live for 24 hours: one rotation may fail.
    expect(section('k3s-autoscaler-tokens.timer', 'Timer')).toEqual([
      ['OnBootSec', '30s'],
      ['OnUnitActiveSec', '12h'],
    ]);
    for (const timer of units.filter((unit) => unit.endsWith('.timer'))) {
      expect(settings(timer, 'Install', 'WantedBy')).toEqual(['timers.target']);
      expect(existsSync(path.join(USERDATA, timer.replace('.timer', '.service')))).toBe(true);
    }
  });

  it.each(SERVER_UNITS)('%s of the server never runs without the data volume', (unit) => {
    expect(settings(unit, 'Unit', 'RequiresMountsFor')).toEqual(['/var/lib/rancher']);
  });

  it.each(units.filter((unit) => unit.endsWith('.service')))('%s starts again, without end, when it failed', (unit) => {
    expect(settings(unit, 'Unit', 'StartLimitIntervalSec')).toEqual(['0']);
    const k3s = /^k3s(-agent)?\.service$/.test(unit);
    expect(settings(unit, 'Service', 'Restart')).toEqual([k3s ? 'always' : 'on-failure']);
  });

  it('has the agent look for newer tokens from each start on', () => {
    expect(settings('k3s-agent.service', 'Unit', 'Wants')).toContain('k3s-autoscaler-join.service');
    // It compares with what the agent's start notes: it must not look before.
    expect(settings('k3s-autoscaler-join.service', 'Unit', 'After')).toEqual(['k3s-agent.service']);
    expect(settings('k3s-agent.service', 'Service', 'Type')).toEqual(['exec']);
  });
});

describe("the kubelet's configuration", () => {
  afterEach(leaveNodes);

  it('is one that the kubelet takes, and leaves time for pods before those of the system', () => {
    expect(parse(readFileSync(path.join(USERDATA, 'kubelet.yaml'), 'utf8'))).toEqual({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      shutdownGracePeriod: '60s',
      shutdownGracePeriodCriticalPods: '15s',
    });
  });

  for (const kind of ['server', 'base'] as const) {
    itBoots(`is where K3s of ${kind} is told to look`, () => {
      const node = new Node(kind);
      node.firstBoot();
      const config = parse(node.read('etc/rancher/k3s/config.yaml')) as { 'kubelet-arg': string[] };
      const [file] = config['kubelet-arg'].flatMap((argument) => /^config=\/(.*)$/.exec(argument)?.[1] ?? []);
      expect(node.read(file ?? '')).toBe(readFileSync(path.join(USERDATA, 'kubelet.yaml'), 'utf8'));
    });
  }
});
