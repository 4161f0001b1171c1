import type { LabelSelector, NodeTerm, Requirement } from '../autoscaler/snapshot';
import type { WireLabelSelector, WireNodeSelector, WireNodeTerm, WireRequirement } from './kubernetes-pod-spec';

/**
 * Selectors of the wire into the snapshot's. What this version does not know is named to `doubt` and left out: the pod
 * then counts as unsupported, and a selector without one of its conditions selects more, never less.
 */
export type Doubt = (what: string) => void;

const OPERATORS: readonly Requirement['operator'][] = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];

/** Null and absent select nothing, `{}` everything (apimachinery/pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector). */
export function toSelector(selector: WireLabelSelector | null | undefined, doubt: Doubt): LabelSelector | undefined {
  if (!selector) return undefined;
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => isIn(key, [value]));
  return [...labels, ...toRequirements(selector.matchExpressions, doubt)];
}

export function toNodeTerm(term: WireNodeTerm, doubt: Doubt): NodeTerm {
  const fields = toRequirements(term.matchFields, doubt);
  // The only field of a node that one can select by (pkg/apis/core/validation/validation.go, nodeFieldSelectorValidators).
  for (const { key } of fields) if (key !== 'metadata.name') doubt(`node field ${key}`);
  return { labels: toRequirements(term.matchExpressions, doubt), fields };
}

/** None or one list. It is kept without terms too: that matches no node, as in Kubernetes. */
export const toNodeTerms = (required: WireNodeSelector | undefined, doubt: Doubt): NodeTerm[][] =>
  required ? [(required.nodeSelectorTerms ?? []).map((term) => toNodeTerm(term, doubt))] : [];

export const isIn = (key: string, values: string[]): Requirement => ({ key, operator: 'In', values });

const toRequirements = (expressions: WireRequirement[] | undefined, doubt: Doubt): Requirement[] =>
  (expressions ?? []).flatMap(({ key = '', operator: spelled, values = [] }) => {
    const operator = OPERATORS.find((known) => known === spelled);
    if (operator !== undefined) return [{ key, operator, values }];
    doubt(`selector operator ${spelled}`);
    return [];
  });
