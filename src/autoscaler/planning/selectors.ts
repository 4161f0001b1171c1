import type { LabelSelector, NodeTerm, Requirement } from '../snapshot';

type Labels = Record<string, string>;

/** Kubernetes' label selector: undefined selects nothing, one without requirements everything. */
export const selects = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector?.every((requirement) => meets(labels[requirement.key], requirement)) ?? false;

/** Does one of the terms match? A term without any requirement matches no node (`nodeaffinity.isEmptyNodeSelectorTerm`). */
export const matchesNode = (terms: readonly NodeTerm[], node: { name: string; labels: Labels }): boolean =>
  terms.some((term) => matchesTerm(term, node));

export const matchesTerm = ({ labels, fields }: NodeTerm, node: { name: string; labels: Labels }): boolean =>
  labels.length + fields.length > 0 &&
  labels.every((requirement) => meets(node.labels[requirement.key], requirement)) &&
  fields.every((requirement) => requirement.key === 'metadata.name' && meets(node.name, requirement));

/** As `Requirement.Matches` of k8s.io/apimachinery/pkg/labels: what is absent is not in any list, and compares with nothing. */
function meets(value: string | undefined, { operator, values }: Requirement): boolean {
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
      return compared(value, values[0], (a, b) => a > b);
    case 'Lt':
      return compared(value, values[0], (a, b) => a < b);
  }
}

const compared = (value: string | undefined, limit: string | undefined, holds: (a: number, b: number) => boolean) =>
  isInteger(value) && isInteger(limit) && holds(Number(value), Number(limit));

const isInteger = (text: string | undefined): text is string => /^[+-]?\d+$/.test(text ?? '');
