import { type BenchPlan, type BenchPod, HOST, type Input, type Labels, matches, ZONE } from '../schema';
import type { Report } from './report';

/** A node as the plan leaves it. */
export interface PlacedOn {
  name: string;
  /** The one zone; of a new node with several left, the one that suits its pods' zone affinity, else the first. */
  zone: string;
  labels: Labels;
  /** What all its pods may use, those that ran before among them. */
  capacity: { cpuMilli: number; memoryMi: number; pods: number };
  running: BenchPod[];
  /** In the order of the plan. */
  placed: BenchPod[];
}

/** The nodes of the plan; what cannot be one is reported. Existing nodes without a pod of the plan are there too. */
export function nodesOf(input: Input, plan: BenchPlan, report: Report): PlacedOn[] {
  const take = taker(input, plan, report);
  const placedOn = new Map<string, BenchPod[]>(input.existingNodes.map(({ name }) => [name, []]));
  for (const { name = '', pods } of plan.existing) {
    const list = placedOn.get(name);
    if (list) list.push(...take(pods));
    else report('unknown node', name);
  }
  const existing = input.existingNodes.map(
    (node): PlacedOn => ({
      name: node.name,
      zone: node.zone,
      labels: nodeLabels(node.name, node.zone, node.labels),
      capacity: node,
      running: node.running,
      placed: placedOn.get(node.name) ?? [],
    }),
  );
  const opened = openedNodes(input, plan, take, report);
  return [...existing, ...decided(opened, existing)];
}

/** Hands out each pod once. */
function taker(input: Input, plan: BenchPlan, report: Report): (names: string[]) => BenchPod[] {
  const pods = new Map(input.pods.map((pod) => [pod.name, pod]));
  const seen = new Set(Object.keys(plan.unscheduled));
  return (names) =>
    names.flatMap((name) => {
      const pod = pods.get(name);
      if (!pod) report('unknown pod', name);
      else if (seen.has(name)) report('pod twice', name);
      else {
        seen.add(name);
        return [pod];
      }
      return [];
    });
}

type Opened = PlacedOn & { zones: string[] };

function openedNodes(
  input: Input,
  { newNodes }: BenchPlan,
  take: (names: string[]) => BenchPod[],
  report: Report,
): Opened[] {
  const types = new Map(input.instanceTypes.map((type) => [type.name, type]));
  return newNodes.flatMap(({ instanceType = '', zones, pods }, index) => {
    const name = `new-${index}`;
    const type = types.get(instanceType);
    const placed = take(pods);
    const possible = zones.filter((zone) => type?.zones.includes(zone));
    if (!type) report('unknown type', `${name}: ${instanceType}`);
    else if (possible.length === 0) report('no zone', `${name}: ${zones.join(', ')}`);
    if (!type || possible.length === 0) return [];
    return [
      {
        name,
        zone: possible[0] ?? '',
        zones: possible,
        labels: { 'node.kubernetes.io/instance-type': type.name },
        capacity: {
          cpuMilli: type.cpuMilli - type.reservedCpuMilli,
          memoryMi: type.memoryMi - type.reservedMemoryMi,
          pods: type.pods,
        },
        running: [],
        placed,
      },
    ];
  });
}

/** Gives the planner the benefit of the doubt: a node that may still be in several zones goes where its pods' group is. */
function decided(opened: Opened[], existing: PlacedOn[]): PlacedOn[] {
  const certain = [...existing, ...opened.filter(({ zones }) => zones.length === 1)];
  return opened.map(({ zones, ...node }) => {
    const zone = zones.length === 1 ? node.zone : zoneOfGroup(node, zones, certain);
    return { ...node, zone, labels: nodeLabels(node.name, zone, node.labels) };
  });
}

function zoneOfGroup(node: PlacedOn, zones: string[], certain: PlacedOn[]): string {
  const terms = node.placed.flatMap(({ podAffinity = [] }) => podAffinity).filter((t) => t.topologyKey === ZONE);
  const members = (zone: string): number =>
    certain
      .filter((other) => other.zone === zone)
      .flatMap((other) => [...other.running, ...other.placed])
      .filter((pod) => terms.some((term) => matches(term.matchLabels, pod.labels))).length;
  if (terms.length === 0) return zones[0] ?? '';
  return zones.reduce((best, zone) => (members(zone) > members(best) ? zone : best));
}

const nodeLabels = (name: string, zone: string, more: Labels = {}): Labels => ({
  [HOST]: name,
  [ZONE]: zone,
  'kubernetes.io/arch': 'amd64',
  'kubernetes.io/os': 'linux',
  ...more,
});
