import { KubeError, type KubeObject } from '../contract';
import { EVENT_FIELDS } from './events';
import type { LabelSelector, NodeSelectorTerm } from './objects';

type Labels = Record<string, string>;
interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

function meets(value: string | undefined, { operator, values = [] }: Requirement): boolean {
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
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** Absent selects nothing, empty selects all, as in the Kubernetes API. */
export function selects(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (!selector) return false;
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return exact && (selector.matchExpressions ?? []).every((requirement) => meets(labels[requirement.key], requirement));
}

/** One term of a node affinity; an empty term matches no node. */
export function matchesNodeTerm(term: NodeSelectorTerm, node: KubeObject): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    expressions.every((requirement) => meets(labels[requirement.key], requirement)) &&
    fields.every((requirement) => requirement.key === 'metadata.name' && meets(node.metadata.name, requirement))
  );
}

/** `a=b,c!=d,e in (f,g),!h`: the query parameter of a list. @throws KubeError 400 */
export function parseLabelSelector(text: string): (labels: Labels) => boolean {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const requirements = parts.map(parseRequirement);
  return (labels) => requirements.every((requirement) => meets(labels[requirement.key], requirement));
}

function parseRequirement(part: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set)
    return {
      key: set[1] as string,
      operator: set[2] === 'in' ? 'In' : 'NotIn',
      values: (set[3] as string).split(',').map((v) => v.trim()),
    };
  const equal = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s=]*)$/.exec(part);
  if (equal)
    return { key: equal[1] as string, operator: equal[2] === '!=' ? 'NotIn' : 'In', values: [equal[3] as string] };
  const exists = /^(!?)\s*([^\s!=]+)$/.exec(part);
  if (exists) return { key: exists[2] as string, operator: exists[1] ? 'DoesNotExist' : 'Exists' };
  throw new KubeError(400, 'BadRequest', `unable to parse requirement: ${part}`);
}

/** The fields that kube-apiserver can select by, for each resource beside the name and the namespace. */
const FIELDS: Record<string, Record<string, (object: KubeObject) => string>> = {
  pods: {
    'spec.nodeName': (pod) => (pod.spec as { nodeName?: string }).nodeName ?? '',
    'spec.restartPolicy': (pod) => (pod.spec as { restartPolicy?: string }).restartPolicy ?? 'Always',
    'spec.schedulerName': (pod) => (pod.spec as { schedulerName?: string }).schedulerName ?? 'default-scheduler',
    'status.phase': (pod) => (pod.status as { phase: string }).phase,
  },
  events: EVENT_FIELDS,
  nodes: {
    'spec.unschedulable': (node) => String((node.spec as { unschedulable?: boolean }).unschedulable ?? false),
  },
};

/** `status.phase=Pending,spec.nodeName!=x`. @throws KubeError 400 for a field that the server does not index. */
export function parseFieldSelector(resource: string, text: string): (object: KubeObject) => boolean {
  const tests = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^!=]+)(==|=|!=)(.*)$/.exec(part);
      if (!match) throw new KubeError(400, 'BadRequest', `invalid selector: '${part}'; can't understand '${part}'`);
      const [, name, operator, wanted] = match as unknown as [string, string, string, string];
      const field = fieldOf(resource, name);
      return (object: KubeObject) => (field(object) === wanted) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

function fieldOf(resource: string, name: string): (object: KubeObject) => string {
  if (name === 'metadata.name') return (object) => object.metadata.name;
  if (name === 'metadata.namespace') return (object) => object.metadata.namespace ?? '';
  const field = FIELDS[resource]?.[name];
  if (!field) throw new KubeError(400, 'BadRequest', `field label not supported: ${name}`);
  return field;
}
