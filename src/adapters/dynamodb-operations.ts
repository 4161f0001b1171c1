import type { LaunchOperation, LaunchRequest, Operation, RemovalOperation } from '../autoscaler/state';
import type { Plain } from './dynamodb-values';
import { type Entry, entries, list, map, number, oneOf, text } from './state-reader';

const LAUNCH_PHASES = ['requested', 'launched', 'registered', 'ready', 'failed'] as const;
const REMOVAL_PHASES = ['chosen', 'cordoned', 'draining', 'terminating', 'gone', 'rolled-back'] as const;
const CAUSES = ['interruption', 'rebalance'] as const;
const MARKETS = ['on-demand', 'spot'] as const;

type Fields = { [field: string]: Plain | undefined };

/** One entry of the state item's `operations`. */
export function encodeOperation(operation: Operation): Fields {
  return {
    kind: operation.kind,
    id: operation.id,
    phase: operation.phase,
    pool: operation.pool,
    reason: operation.reason,
    created_at: operation.createdAt,
    created_at_iso: new Date(operation.createdAt).toISOString(),
    deadline: operation.deadline,
    deadline_iso: new Date(operation.deadline).toISOString(),
    failure: operation.failure,
    ...(operation.kind === 'launch' ? encodeLaunch(operation) : encodeRemoval(operation)),
  };
}

const encodeLaunch = (operation: LaunchOperation): Fields => ({
  count: operation.count,
  attempt: operation.attempt,
  instances: operation.instances,
  pods: operation.pods,
  types: operation.types,
  zones: operation.zones,
  request: {
    template_id: operation.request.templateId,
    template_version: operation.request.templateVersion,
    instance_type: operation.request.instanceType,
    market: operation.request.market,
    zone: operation.request.zone,
    subnet: operation.request.subnet,
    count: operation.request.count,
    tags: operation.request.tags,
  },
});

const encodeRemoval = (operation: RemovalOperation): Fields => ({
  instance: operation.instance,
  node: operation.node && { name: operation.node.name, uid: operation.node.uid },
  evicted_owners: operation.evictedOwners,
  cause: operation.cause,
});

/** Throws `StateItemError` with the path of what is wrong. */
export function decodeOperation(entry: Entry): Operation {
  const field = map(entry);
  const failure = field('failure');
  const common = {
    id: text(field('id')),
    pool: text(field('pool')),
    reason: text(field('reason')),
    createdAt: number(field('created_at')),
    deadline: number(field('deadline')),
    ...(failure.value === undefined ? {} : { failure: text(failure) }),
  };
  return oneOf(['launch', 'removal'], field('kind')) === 'launch'
    ? { ...common, ...decodeLaunch(field) }
    : { ...common, ...decodeRemoval(field) };
}

type Field = (name: string) => Entry;

const decodeLaunch = (field: Field) => ({
  kind: 'launch' as const,
  phase: oneOf(LAUNCH_PHASES, field('phase')),
  count: number(field('count')),
  attempt: number(field('attempt')),
  instances: list(field('instances')).map(text),
  pods: list(field('pods')).map(text),
  ...(field('types').value === undefined ? {} : { types: list(field('types')).map(text) }),
  ...(field('zones').value === undefined ? {} : { zones: list(field('zones')).map(text) }),
  request: decodeRequest(map(field('request'))),
});

const decodeRequest = (field: Field): LaunchRequest => ({
  templateId: text(field('template_id')),
  templateVersion: text(field('template_version')),
  instanceType: text(field('instance_type')),
  market: oneOf(MARKETS, field('market')),
  zone: text(field('zone')),
  subnet: text(field('subnet')),
  count: number(field('count')),
  tags: Object.fromEntries(entries(field('tags')).map(([key, value]) => [key, text(value)])),
});

function decodeRemoval(field: Field) {
  const node = field('node').value === undefined ? undefined : map(field('node'));
  return {
    kind: 'removal' as const,
    phase: oneOf(REMOVAL_PHASES, field('phase')),
    instance: text(field('instance')),
    evictedOwners: list(field('evicted_owners')).map(text),
    ...(field('cause').value === undefined ? {} : { cause: oneOf(CAUSES, field('cause')) }),
    ...(node === undefined ? {} : { node: { name: text(node('name')), uid: text(node('uid')) } }),
  };
}
