/** What a plan can do wrong. */
export const RULES = {
  'unknown pod': 'a name that is no pod of the input',
  'pod twice': 'a pod is on two nodes, or on a node and among the unscheduled',
  'pod missing': 'a pod is on no node and not among the unscheduled',
  'unknown node': 'a node that is not there',
  'unknown type': 'an instance type that is not there',
  'no zone': 'a new node that no zone is left for',
  cpu: 'the pods of a node request more CPU than it has for pods',
  memory: 'the pods of a node request more memory than it has for pods',
  'pod count': 'a node has more pods than it may',
  'node selector': 'a pod is on a node that lacks a label of its nodeSelector',
  'anti-affinity': 'a pod with required anti-affinity shares a node or a zone with another pod that it names',
  affinity:
    'no order of placing was found in which a pod with required affinity comes to a node or a zone where a pod that it names is already, or is itself the first of them anywhere',
  'zone spread':
    'no order of placing was found in which a pod with a zone spread comes to a zone that has at most maxSkew more of the pods that it names than the emptiest zone, itself counted',
  'host spread':
    'no order of placing was found in which a pod with a hostname spread comes to a node that has at most maxSkew of the pods that it names, itself counted (an empty node is always possible, so the least is 0)',
} as const;

export type Rule = keyof typeof RULES;

export interface Violation {
  rule: Rule;
  detail: string;
}

export type Report = (rule: Rule, detail: string) => void;
