import { type BenchPod, HOST, matches, ZONE } from '../schema';
import type { PlacedOn } from './nodes';
import type { Report } from './report';

/** Rules of the final state: what breaks one breaks it in every order of placing. */

export function checkCapacity(node: PlacedOn, report: Report): void {
  const pods = [...node.running, ...node.placed];
  const sum = (key: 'cpuMilli' | 'memoryMi') => pods.reduce((total, pod) => total + pod[key], 0);
  const { cpuMilli, memoryMi, pods: count } = node.capacity;
  if (sum('cpuMilli') > cpuMilli) report('cpu', `${node.name}: ${sum('cpuMilli')} of ${cpuMilli} m`);
  if (sum('memoryMi') > memoryMi) report('memory', `${node.name}: ${sum('memoryMi')} of ${memoryMi} Mi`);
  if (pods.length > count) report('pod count', `${node.name}: ${pods.length} of ${count}`);
}

export function checkSelectors(node: PlacedOn, report: Report): void {
  for (const pod of node.placed) {
    if (!matches(pod.nodeSelector ?? {}, node.labels)) report('node selector', `${pod.name} on ${node.name}`);
  }
}

/** Holds in both directions: the scheduler keeps a pod away from those that name it, too. */
export function checkAntiAffinity(nodes: PlacedOn[], report: Report): void {
  for (const key of [HOST, ZONE]) {
    for (const [domain, pods] of domainsOf(nodes, key)) checkDomain(domain, pods, key, report);
  }
}

function domainsOf(nodes: PlacedOn[], key: string): Map<string, BenchPod[]> {
  const domains = new Map<string, BenchPod[]>();
  for (const node of nodes) {
    const domain = key === HOST ? node.name : node.zone;
    domains.set(domain, [...(domains.get(domain) ?? []), ...node.running, ...node.placed]);
  }
  return domains;
}

function checkDomain(domain: string, pods: BenchPod[], key: string, report: Report): void {
  for (const pod of pods) {
    for (const { topologyKey, matchLabels } of pod.podAntiAffinity ?? []) {
      if (topologyKey !== key) continue;
      const other = pods.find((candidate) => candidate !== pod && matches(matchLabels, candidate.labels));
      if (other) report('anti-affinity', `${pod.name} shares ${domain} with ${other.name}`);
    }
  }
}
