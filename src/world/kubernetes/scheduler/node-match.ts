import type { KubeObject } from '../../contract';
import type { Pod } from '../objects';
import { matchesNodeTerm } from '../selectors';
import { factsOf } from './facts';

/** The node selector and the required node affinity, of whose terms one must match. */
export function matchesNode(pod: Pod, node: KubeObject): boolean {
  const { nodeSelector, affinity } = factsOf(pod);
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)) return false;
  const required = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => matchesNodeTerm(term, node));
}
