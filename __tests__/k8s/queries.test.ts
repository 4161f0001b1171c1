import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { OWN_NAMES } from '../../src/backtest/node-names';
import { queriesFor } from '../../src/backtest/queries';
import { exportedMetrics, find, read } from './manifests';

/** What the function and the alert ask for must be there: a metric that nobody exports is `unknown` for ever. */

const metricsIn = (text: string): string[] =>
  [...new Set(text.match(/\b(kube|node)_[a-z_]+\b/g) ?? [])].filter((name) => name !== 'kube_state_metrics').sort();

const ADAPTER = readFileSync(path.resolve(__dirname, '../../src/adapters/prometheus.ts'), 'utf8');
const backtest = Object.values(queriesFor(15_000, OWN_NAMES)).join(' ');
const asked = [...new Set([ADAPTER, read('prometheus/rules.yml'), backtest].flatMap(metricsIn))];

const RECORDED = readFileSync(path.resolve(__dirname, '../fixtures/kube-state-metrics-2.20.prom'), 'utf8');

describe('what is asked for', () => {
  it('of kube-state-metrics is exported, and nothing else is', () => {
    const allowed = exportedMetrics();
    expect(allowed.sort()).toEqual(asked.filter((name) => name.startsWith('kube_')).sort());
    expect(allowed.length).toBeGreaterThan(3);
  });

  it('of kube-state-metrics exists in that version, with the labels that are used', () => {
    const labels = (metric: string) => new RegExp(`^${metric}\\{([^}]*)\\}`, 'm').exec(RECORDED)?.[1] ?? '';
    for (const metric of asked.filter((name) => name.startsWith('kube_pod_') && name !== 'kube_pod_owner')) {
      expect([metric, labels(metric)]).toEqual([metric, expect.stringMatching(/namespace=.*pod=.*uid=/)]);
    }
    expect(RECORDED).toMatch(/^kube_pod_status_reason\{[^}]*reason="SchedulingGated"/m);
    expect(RECORDED).toMatch(/^kube_pod_owner\{[^}]*owner_kind="/m);
  });

  it('of node-exporter is collected, kept, and says which node it is of', () => {
    const nodeMetrics = asked.filter((name) => name.startsWith('node_'));
    expect(nodeMetrics).toEqual(['node_cpu_seconds_total']);
    const [container] = find('DaemonSet', 'node-exporter').spec.template.spec.containers;
    expect(container.args).toContain('--collector.cpu');
    const config = parse(read('prometheus/prometheus.yml')) as {
      scrape_configs: {
        job_name: string;
        relabel_configs: { source_labels: string[]; target_label?: string }[];
        metric_relabel_configs?: { regex: string; action: string }[];
      }[];
    };
    const job = config.scrape_configs.find(({ job_name }) => job_name === 'node-exporter');
    expect(job?.relabel_configs).toContainEqual({
      source_labels: ['__meta_kubernetes_pod_node_name'],
      target_label: 'node',
    });
    const kept = job?.metric_relabel_configs?.find(({ action }) => action === 'keep')?.regex ?? '';
    for (const name of nodeMetrics) expect(name).toMatch(new RegExp(`^(${kept})$`));
  });
});
