import type { LabelSelector, Node, NodeTerm, Pod, Requirement } from '../snapshot';

/** Kubernetes' selectors: which labels one selects, and which node a term matches. */

type Labels = Readonly<Record<string, string>>;

/** Undefined selects nothing, an empty one everything. */
export const selects = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector?.every((requirement) => meets(requirement, labels[requirement.key])) ?? false;

/** One of the terms matches; of none, none does. */
export const matchesNode = (terms: NodeTerm[], node: Pick<Node, 'name' | 'labels'>): boolean =>
  terms.some((term) => matchesTerm(term, node));

/** A term without any condition matches no node. */
export const matchesTerm = ({ labels, fields }: NodeTerm, node: Pick<Node, 'name' | 'labels'>): boolean =>
  labels.length + fields.length > 0 &&
  selects(labels, node.labels) &&
  fields.every((field) => field.key === 'metadata.name' && meets(field, node.name));

/** Weight of the pod's preferences that the node meets. */
export const liking = ({ preferredNodes = [] }: Pod, node: Pick<Node, 'name' | 'labels'>): number =>
  preferredNodes.reduce((sum, { weight, term }) => sum + (matchesTerm(term, node) ? weight : 0), 0);

/** `NotIn` and `DoesNotExist` hold where there is no value (`Requirement.Matches` in apimachinery/pkg/labels/selector.go). */
function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compares(value, values[0], (is, bound) => is > bound);
    case 'Lt':
      return compares(value, values[0], (is, bound) => is < bound);
  }
}

const WHOLE = /^[+-]?\d+$/;

/** False where one of the two is no whole number. */
const compares = (
  value: string | undefined,
  bound: string | undefined,
  holds: (is: bigint, bound: bigint) => boolean,
): boolean =>
  value !== undefined &&
  bound !== undefined &&
  WHOLE.test(value) &&
  WHOLE.test(bound) &&
  holds(BigInt(value), BigInt(bound));
