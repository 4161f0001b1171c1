import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Notice, readNotice } from '../autoscaler/notices';
import type { Resources } from '../autoscaler/snapshot';
import {
  type Backoff,
  type ClosedLaunch,
  type ClusterState,
  emptyState,
  MAX_OPEN_OPERATIONS,
  type Operation,
} from '../autoscaler/state';
import { decodeOperation, encodeOperation } from './dynamodb-operations';
import { fromAttributes, type Plain } from './dynamodb-values';
import { at, boolean, type Entry, entries, list, map, number, StateItemError, text } from './state-reader';

/** The state item as DynamoDB holds it: `docs/state.md`. Names in snake case, ISO times beside the numbers compared. */

export const SCHEMA_VERSION = 1;
/**
 * DynamoDB takes 400 KB, notices and lease included. A thousand nodes with timers and a full set of operations stay below
 * this; beyond it something grows without bound, and each tick pays for reading it.
 */
export const MAX_STATE_BYTES = 256 * 1024;

/** What a save writes: all but the key, the lease, `epoch`, and what belongs to others: `wake`, `paused`, `retired`, `notices`. */
export function encodeState(state: ClusterState): Record<string, Plain> {
  const fields: Record<string, Plain> = {
    schema_version: state.schema,
    scaling_in_progress: state.operations.length > 0,
    node_count: state.nodeCount,
    last_scale_time: state.lastScaleTime,
    last_scale_time_iso: iso(state.lastScaleTime),
    operations: state.operations.map(encodeOperation),
    cooldown_until: {
      up: state.cooldownUntil.up,
      up_iso: iso(state.cooldownUntil.up),
      down: state.cooldownUntil.down,
      down_iso: iso(state.cooldownUntil.down),
    },
    unneeded_since: mapValues(state.unneededSince, (since) => ({ since, since_iso: iso(since) })),
    offerings: mapValues(state.offerings, encodeBackoff),
    join_failures: state.joinFailures,
    failed_joins: state.failedJoins,
    closed_launches: state.closedLaunches.map(({ id, instances, closedAt }) => ({
      id,
      instances,
      closed_at: closedAt,
      closed_at_iso: iso(closedAt),
    })),
    removal_failures: mapValues(state.removalFailures, encodeBackoff),
    unhelped: state.unhelped,
    removals_begun: state.removalsBegun,
    allocatable: mapValues(state.allocatable, encodeResources),
  };
  checkBounds(state, fields);
  return fields;
}

/**
 * The state in an item. An item that was never saved (only lease, epoch and others' marks) is the empty state; one of
 * another version or out of shape throws `StateItemError`, never a default: a forgotten operation is a lost instance.
 */
export function decodeState(attributes: Record<string, AttributeValue>): ClusterState {
  // A string set, which is the only way to add without reading, and no other field is one.
  const notices = decodeNotices(attributes.notices);
  const item = plain(attributes);
  const epoch = item.epoch === undefined ? 0 : number(at(item, 'epoch'));
  const paused = item.paused === undefined ? false : boolean(at(item, 'paused'));
  const retiredAt = item.retired === undefined ? 0 : number(at(item, 'retired'));
  if (item.schema_version === undefined) {
    const orphan = STATE_FIELDS.find((field) => item[field] !== undefined);
    if (orphan !== undefined) throw new StateItemError('schema_version', undefined, `a number, as ${orphan} is there`);
    return { ...emptyState(), epoch, paused, retiredAt, notices };
  }
  if (item.schema_version !== SCHEMA_VERSION) {
    throw new StateItemError('schema_version', item.schema_version, `${SCHEMA_VERSION}, the one this version reads`);
  }
  return { ...decodeFields(item), epoch, paused, retiredAt, notices };
}

const STATE_FIELDS = [
  'operations',
  'cooldown_until',
  'unneeded_since',
  'offerings',
  'join_failures',
  'failed_joins',
  'closed_launches',
  'removal_failures',
];

/** Whatever else an item holds, of another version or of a person, says nothing and breaks nothing. */
const READ_FIELDS: ReadonlySet<string> = new Set([
  ...STATE_FIELDS,
  'schema_version',
  'epoch',
  'paused',
  'retired',
  'unhelped',
  'removals_begun',
  'allocatable',
  'last_scale_time',
  'node_count',
]);

const encodeBackoff = ({ failures, until, reason }: Backoff): Plain => ({
  failures,
  until,
  until_iso: iso(until),
  reason,
});

function decodeBackoff(entry: Entry): Backoff {
  const field = map(entry);
  return { failures: number(field('failures')), until: number(field('until')), reason: text(field('reason')) };
}

const encodeResources = ({ cpuMilli, memoryBytes, pods, others }: Resources): Plain => ({
  cpu_milli: cpuMilli,
  memory_bytes: memoryBytes,
  pods,
  ...(others && { others }),
});

function decodeResources(entry: Entry): Resources {
  const field = map(entry);
  const others = field('others');
  return {
    cpuMilli: number(field('cpu_milli')),
    memoryBytes: number(field('memory_bytes')),
    pods: number(field('pods')),
    ...(others.value === undefined ? {} : { others: fromEntries(others, number) }),
  };
}

function decodeClosed(entry: Entry): ClosedLaunch {
  const field = map(entry);
  return {
    id: text(field('id')),
    instances: list(field('instances')).map(text),
    closedAt: number(field('closed_at')),
  };
}

function decodeFields(item: Record<string, Plain>): Omit<ClusterState, 'epoch' | 'paused' | 'retiredAt' | 'notices'> {
  const cooldown = map(at(item, 'cooldown_until'));
  return {
    schema: SCHEMA_VERSION,
    operations: list(at(item, 'operations')).map((entry): Operation => decodeOperation(entry)),
    cooldownUntil: { up: number(cooldown('up')), down: number(cooldown('down')) },
    unneededSince: fromEntries(at(item, 'unneeded_since'), (entry) => number(map(entry)('since'))),
    offerings: fromEntries(at(item, 'offerings'), decodeBackoff),
    joinFailures: fromEntries(at(item, 'join_failures'), number),
    failedJoins: fromEntries(at(item, 'failed_joins'), text),
    closedLaunches: list(at(item, 'closed_launches')).map(decodeClosed),
    removalFailures: fromEntries(at(item, 'removal_failures'), decodeBackoff),
    unhelped: item.unhelped === undefined ? {} : fromEntries(at(item, 'unhelped'), (sorts) => list(sorts).map(text)),
    removalsBegun: item.removals_begun === undefined ? [] : list(at(item, 'removals_begun')).map(number),
    // Items written before nodes were asked have none.
    allocatable: item.allocatable === undefined ? {} : fromEntries(at(item, 'allocatable'), decodeResources),
    lastScaleTime: number(at(item, 'last_scale_time')),
    nodeCount: number(at(item, 'node_count')),
  };
}

/** Oldest first; absent: none. */
export function decodeNotices(attribute: AttributeValue | undefined): Notice[] {
  if (attribute === undefined) return [];
  const rule = 'a string set of <kind>/<instance id>/<milliseconds>';
  if (attribute.SS === undefined) throw new StateItemError('notices', undefined, rule);
  return attribute.SS.map((told) => {
    const notice = readNotice(told);
    if (notice === undefined) throw new StateItemError('notices', told, rule);
    return notice;
  }).sort((a, b) => a.at - b.at || (a.instance < b.instance ? -1 : 1));
}

function checkBounds(state: ClusterState, fields: Record<string, Plain>): void {
  if (state.operations.length > MAX_OPEN_OPERATIONS) {
    throw new Error(`${state.operations.length} operations are open; the state item holds ${MAX_OPEN_OPERATIONS}`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(fields));
  if (bytes > MAX_STATE_BYTES) {
    throw new Error(`the state item would take ${bytes} bytes; it is bounded to ${MAX_STATE_BYTES}`);
  }
}

function plain(attributes: Record<string, AttributeValue>): Record<string, Plain> {
  try {
    return fromAttributes(Object.fromEntries(Object.entries(attributes).filter(([name]) => READ_FIELDS.has(name))));
  } catch (error) {
    throw new StateItemError('item', undefined, `readable: ${(error as Error).message}`);
  }
}

const fromEntries = <T>(entry: Entry, read: (of: Entry) => T) =>
  Object.fromEntries(entries(entry).map(([key, of]): [string, T] => [key, read(of)]));

const mapValues = <T>(record: Record<string, T>, change: (value: T) => Plain): Record<string, Plain> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** For people; the number beside it is what is compared. */
export const iso = (time: number): string => (time === 0 ? 'never' : new Date(time).toISOString());
