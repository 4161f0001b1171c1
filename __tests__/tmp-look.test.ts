import { casesOf, codeOf } from './e2e/agreement/cases';
import { keyOf } from './autoscaler/planning/packing/scheduler';
import { writeFileSync } from 'node:fs';
it('looks', () => {
  const [seed, n] = (process.env.CASE ?? '').split('/').map(Number) as [number, number];
  const each = casesOf(seed, 200)[n]!;
  const seen = new Map<string, any>();
  for (const p of each.queue) {
    const k = p.metadata.name.split('-')[0]!;
    const e = seen.get(k) ?? { codes: {}, prio: p.spec.priority, req: p.spec.containers[0]!.resources, sel: p.spec.nodeSelector, tol: p.spec.tolerations, aff: p.spec.affinity, spread: p.spec.topologySpreadConstraints, labels: p.metadata.labels };
    e.codes[codeOf(each, p)] = (e.codes[codeOf(each, p)] ?? 0) + 1; seen.set(k, e);
  }
  let out = '';
  for (const [k, e] of seen) out += `${k} ${JSON.stringify(e)}\n`;
  for (const node of each.objects.nodes) {
    const pods = each.objects.pods.filter((p) => p.spec.nodeName === node.metadata.name);
    out += `${node.metadata.name} ${node.metadata.labels!['topology.kubernetes.io/zone']} ${node.metadata.labels!['node.kubernetes.io/instance-type']} ${JSON.stringify(node.spec.taints)} alloc ${JSON.stringify(node.status.allocatable)} ${pods.map((p) => p.metadata.name + ':' + JSON.stringify(p.spec.containers[0]!.resources.requests) + (p.spec.affinity?.podAffinity ? 'NEAR' : '')).join(' ')}\n`;
  }
  writeFileSync(process.env.OUT as string, out);
});
