import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { itOrSkip } from '../support/skips';
import { K8S } from './manifests';
import { missingPrometheus, tools } from './tools';

const CASES = path.join(__dirname, 'rules.test.yml');

const promtool = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(tools().promtool, args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
};

describe('the alert', () => {
  itOrSkip(missingPrometheus(), 'fires, holds its peace and ends as its cases say', () => {
    const { status, output } = promtool('test', 'rules', CASES);
    expect(output).toContain('SUCCESS');
    expect(status).toBe(0);
  });

  itOrSkip(missingPrometheus(), 'has cases that fail when a rule of it is missing', () => {
    const rules = readFileSync(path.join(K8S, 'prometheus/rules.yml'), 'utf8');
    const folder = mkdtempSync(path.join(tmpdir(), 'rules-'));
    try {
      for (const part of ['SchedulingGated', 'DaemonSet', 'offset 10m']) {
        // GIVEN rules without this exception
        const without = rules.replaceAll(part, part === 'offset 10m' ? 'offset 20m' : 'nothing');
        expect(without).not.toBe(rules);
        writeFileSync(path.join(folder, 'rules.yml'), without);
        writeFileSync(
          path.join(folder, 'cases.yml'),
          readFileSync(CASES, 'utf8').replace('../../k8s/prometheus/rules.yml', 'rules.yml'),
        );
        // THEN
        expect([part, promtool('test', 'rules', path.join(folder, 'cases.yml')).status]).toEqual([part, 1]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is looked at each 3 s: a pod has waited for at most 18 s then, of the 20 that all may take', () => {
    const { groups } = parse(readFileSync(path.join(K8S, 'prometheus/rules.yml'), 'utf8')) as {
      groups: { interval: string; rules: { alert?: string }[] }[];
    };
    expect(groups.find(({ rules }) => rules.some(({ alert }) => alert === 'PodsNeedNode'))?.interval).toBe('3s');
    expect(parse(readFileSync(CASES, 'utf8')).evaluation_interval).toBe('3s');
  });
});

describe('the configuration of Prometheus', () => {
  itOrSkip(missingPrometheus(), 'is valid', () => {
    const { status, output } = promtool('check', 'config', path.join(K8S, 'prometheus/prometheus.yml'));
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('is valid prometheus config') });
  });

  it('scrapes every 15 s, and kube-state-metrics, where waiting begins, every 5 s', () => {
    const config = parse(readFileSync(path.join(K8S, 'prometheus/prometheus.yml'), 'utf8')) as {
      global: { scrape_interval: string };
      scrape_configs: { job_name: string; scrape_interval?: string }[];
    };
    expect(config.global.scrape_interval).toBe('15s');
    expect(config.scrape_configs.map(({ job_name, scrape_interval }) => [job_name, scrape_interval])).toEqual([
      ['kube-state-metrics', '5s'],
      ['node-exporter', undefined],
    ]);
  });
});
