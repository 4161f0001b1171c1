import { volumePlaces } from '../claims';
import { type Pod, tolerates } from '../objects';
import { matchesNodeTerm } from '../selectors';
import { interPodReasons } from './affinity';
import { type ClusterView, factsOf, type NodeState, type PodFacts } from './facts';
import { matchesNode } from './node-match';
import { spreadReasons } from './spread';

/** Why a pod does not fit a node, in kube-scheduler's words; none: it fits. The first plug-in that objects speaks. */
export function reasonsAgainst(pod: Pod, state: NodeState, view: ClusterView): string[] {
  const facts = factsOf(pod);
  for (const filter of FILTERS) {
    const reasons = filter(pod, facts, state, view);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

type FilterPlugin = (pod: Pod, facts: PodFacts, state: NodeState, view: ClusterView) => string[];

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

const nodeUnschedulable: FilterPlugin = (_pod, facts, state) =>
  state.unschedulable && !tolerates(facts.tolerations, UNSCHEDULABLE) ? ['node(s) were unschedulable'] : [];

const taintToleration: FilterPlugin = (_pod, facts, state) =>
  state.taints.some((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(facts.tolerations, taint))
    ? ['node(s) had untolerated taint(s)']
    : [];

const nodeAffinity: FilterPlugin = (pod, _facts, state) =>
  matchesNode(pod, state.node) ? [] : ["node(s) didn't match Pod's node affinity/selector"];

/** `0.0.0.0` collides with every address. */
function portTaken(port: string, taken: Set<string>): boolean {
  const [protocol, ip, number] = port.split('/') as [string, string, string];
  if (taken.has(port) || taken.has(`${protocol}/0.0.0.0/${number}`)) return true;
  return (
    ip === '0.0.0.0' && [...taken].some((other) => other.startsWith(`${protocol}/`) && other.endsWith(`/${number}`))
  );
}

const nodePorts: FilterPlugin = (_pod, facts, state) =>
  facts.hostPorts.some((port) => portTaken(port, state.hostPorts))
    ? ["node(s) didn't have free ports for the requested pod ports"]
    : [];

const nodeResourcesFit: FilterPlugin = (_pod, facts, { allocatable, requested, pods }) => {
  const reasons = pods.length + 1 > (allocatable.pods ?? 0) ? ['Too many pods'] : [];
  for (const [name, value] of Object.entries(facts.requests)) {
    if (value > 0 && (requested[name] ?? 0) + value > (allocatable[name] ?? 0)) reasons.push(`Insufficient ${name}`);
  }
  return reasons;
};

const volumes: FilterPlugin = (pod, _facts, state, view) => {
  const places = volumePlaces(pod, view.find);
  if ('reason' in places) return [places.reason];
  return places.terms.every((terms) => terms.some((term) => matchesNodeTerm(term, state.node)))
    ? []
    : ["node(s) didn't match PersistentVolume's node affinity"];
};

const podTopologySpread: FilterPlugin = (pod, _facts, state, view) => spreadReasons(pod, state, view);
const interPodAffinity: FilterPlugin = (pod, _facts, state, view) => interPodReasons(pod, state, view);

/** In the order of kube-scheduler's default profile. NodeName is not among them: a pod with one is never queued. */
const FILTERS: FilterPlugin[] = [
  nodeUnschedulable,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumes,
  podTopologySpread,
  interPodAffinity,
];
