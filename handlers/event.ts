import type { Trigger } from '../src/autoscaler/snapshot';

/** What an invocation asks for, and whose answer it is. */
export type Asked =
  | { kind: 'tick'; trigger: Trigger; byUrl: boolean }
  /** Terraform tells what it does to the stack (`aws_lambda_invocation` with `lifecycle_scope = "CRUD"`). */
  | { kind: 'lifecycle'; action: 'create' | 'update' | 'delete' };

const TRIGGERS: readonly Trigger[] = ['schedule', 'alert', 'interruption', 'rebalance', 'state-change', 'manual'];
const ACTIONS = ['create', 'update', 'delete'] as const;

/** `detail-type` of EC2's events. They come without tags, so the tick looks at the whole fleet and not at their id. */
const EC2_EVENTS: Record<string, Trigger> = {
  'EC2 Spot Instance Interruption Warning': 'interruption',
  'EC2 Instance Rebalance Recommendation': 'rebalance',
  'EC2 Instance State-change Notification': 'state-change',
};

/**
 * The schedule's own input, an EC2 event, a call of the function's URL, Terraform, else a person.
 *
 * Lambda itself wraps what comes by URL (`requestContext.http`), and its body is never looked at: whoever may call the
 * URL may ask for a look at the cluster, and for nothing else.
 *
 * @throws when `tf.action` is none that Terraform's provider sends: to take it for a tick would be to guess.
 */
export function askedBy(event: unknown): Asked {
  const fields = asObject(event);
  if (isUrlCall(fields)) return { kind: 'tick', trigger: 'alert', byUrl: true };
  if (fields.tf !== undefined) return { kind: 'lifecycle', action: actionOf(fields.tf) };
  return { kind: 'tick', trigger: triggerOf(fields), byUrl: false };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html, "Request and response payloads" */
const isUrlCall = ({ requestContext }: Record<string, unknown>): boolean => asObject(requestContext).http !== undefined;

function triggerOf(fields: Record<string, unknown>): Trigger {
  const named = TRIGGERS.find((trigger) => trigger === fields.trigger);
  if (named !== undefined) return named;
  return (fields.source === 'aws.ec2' && EC2_EVENTS[String(fields['detail-type'])]) || 'manual';
}

function actionOf(tf: unknown): (typeof ACTIONS)[number] {
  const { action } = asObject(tf);
  const found = ACTIONS.find((each) => each === action);
  if (found !== undefined) return found;
  throw new Error(`The event's tf.action is ${JSON.stringify(action)}; it must be one of ${ACTIONS.join(', ')}.`);
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
