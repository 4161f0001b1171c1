import { INSTANCE_ID, type Notice } from '../src/autoscaler/notices';
import type { Trigger } from '../src/autoscaler/snapshot';

/** What an invocation asks for, and whose answer it is. */
export type Asked =
  /** `notice`: what EC2 told, kept before anything else is done. */
  | { kind: 'tick'; trigger: Trigger; byUrl: boolean; notice?: Notice }
  /** A person looks, and changes nothing. */
  | { kind: 'dryRun' }
  | { kind: 'explain'; node?: string; pod?: string }
  | { kind: 'pause' | 'resume' }
  /** Terraform tells what it does to the stack (`aws_lambda_invocation` with `lifecycle_scope = "CRUD"`). */
  | { kind: 'lifecycle'; action: 'create' | 'update' | 'delete' }
  /** Nothing that this version knows: acknowledged, counted, and no tick. `why` goes into the log. */
  | { kind: 'ignored'; why: string };

const ACTIONS = ['create', 'update', 'delete'] as const;
const MANUAL = ['tick', 'dryRun', 'explain', 'pause', 'resume'] as const;

/** `detail-type` of EC2's events. */
const EC2_EVENTS: ReadonlyMap<unknown, Notice['kind']> = new Map([
  ['EC2 Spot Instance Interruption Warning', 'interruption'],
  ['EC2 Instance Rebalance Recommendation', 'rebalance'],
  ['EC2 Instance State-change Notification', 'state-change'],
]);

/** An instance that starts changes nothing yet; one that ends leaves a Node and pods behind. As the stack's rule. */
const ENDINGS: ReadonlySet<unknown> = new Set(['shutting-down', 'stopped', 'terminated']);

/** What was told this long ago is told of now: a wrong clock or an invented time must not end a drain before it began. */
const OLDEST_MS = 5 * 60_000;

/**
 * The schedule's own input, an EC2 event, a call of the function's URL, Terraform, or a person: each in one shape, and
 * whatever else is ignored.
 *
 * Lambda itself wraps what comes by URL (`requestContext.http`), and its body is never looked at: whoever may call the
 * URL may ask for a look at the cluster, and for nothing else.
 *
 * @param now milliseconds since 1970
 * @throws when `tf.action` is none that Terraform's provider sends: a destroy that was ignored would leave its workers.
 */
export function askedBy(event: unknown, now: number): Asked {
  const fields = asObject(event);
  if (isUrlCall(fields)) return { kind: 'tick', trigger: 'alert', byUrl: true };
  if (fields.tf !== undefined) return { kind: 'lifecycle', action: actionOf(fields.tf) };
  if (fields.trigger === 'schedule') return { kind: 'tick', trigger: 'schedule', byUrl: false };
  if (fields.source !== undefined) return byEventBridge(fields, now);
  if (fields.action !== undefined) return byPerson(fields);
  return ignored('it is none of the schedule, EC2, the URL, Terraform or a person');
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, "Request and response payloads" */
const isUrlCall = ({ requestContext }: Record<string, unknown>): boolean => asObject(requestContext).http !== undefined;

function byEventBridge({ source, 'detail-type': type, detail, time }: Record<string, unknown>, now: number): Asked {
  const kind = source === 'aws.ec2' ? EC2_EVENTS.get(type) : undefined;
  if (kind === undefined) return ignored(`no rule is made for ${shown(source)}, ${shown(type)}`);
  const { 'instance-id': instance, state } = asObject(detail);
  if (typeof instance !== 'string' || !INSTANCE_ID.test(instance)) {
    return ignored(`detail.instance-id is ${shown(instance)}, which is no id of an instance`);
  }
  if (kind === 'state-change' && !ENDINGS.has(state)) return ignored(`the state ${shown(state)} ends no instance`);
  return { kind: 'tick', trigger: kind, byUrl: false, notice: { kind, instance, at: timeOf(time, now) } };
}

/** By EC2's own clock, so that each delivery of one event tells the same. */
function timeOf(time: unknown, now: number): number {
  const told = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return told <= now && told >= now - OLDEST_MS ? told : now;
}

function byPerson({ action, node, pod }: Record<string, unknown>): Asked {
  const found = MANUAL.find((each) => each === action);
  if (found === undefined) return ignored(`action is ${shown(action)}; it must be one of ${MANUAL.join(', ')}`);
  if (found === 'tick') return { kind: 'tick', trigger: 'manual', byUrl: false };
  if (found !== 'explain') return { kind: found };
  const wrong = Object.entries({ node, pod }).find(([, name]) => name !== undefined && typeof name !== 'string');
  if (wrong) return ignored(`${wrong[0]} is ${shown(wrong[1])}; it must be a name`);
  return {
    kind: 'explain',
    ...(node !== undefined && { node: node as string }),
    ...(pod !== undefined && { pod: pod as string }),
  };
}

function actionOf(tf: unknown): (typeof ACTIONS)[number] {
  const { action } = asObject(tf);
  const found = ACTIONS.find((each) => each === action);
  if (found !== undefined) return found;
  throw new Error(`The event's tf.action is ${JSON.stringify(action)}; it must be one of ${ACTIONS.join(', ')}.`);
}

const ignored = (why: string): Asked => ({ kind: 'ignored', why });

/** Short: it is somebody else's text, and goes into our log. */
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 80);

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
