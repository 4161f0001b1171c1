import type { Trigger } from '../src/autoscaler/snapshot';

const TRIGGERS: readonly Trigger[] = ['schedule', 'alert', 'interruption', 'rebalance', 'state-change', 'manual'];

/** `detail-type` of EC2's events. They come without tags, so the tick looks at the whole fleet and not at their id. */
const EC2_EVENTS: Record<string, Trigger> = {
  'EC2 Spot Instance Interruption Warning': 'interruption',
  'EC2 Instance Rebalance Recommendation': 'rebalance',
  'EC2 Instance State-change Notification': 'state-change',
};

/** Who asked for this tick: the schedule's own input, an EC2 event, an alert at the function's URL, else a person. */
export function triggerOf(event: unknown): Trigger {
  const fields = asObject(event);
  const named = TRIGGERS.find((trigger) => trigger === fields.trigger);
  if (named !== undefined) return named;
  if (fields.source === 'aws.ec2') return EC2_EVENTS[String(fields['detail-type'])] ?? 'manual';
  return isAlert(fields) ? 'alert' : 'manual';
}

/** Prometheus posts an array of alerts (Alertmanager's API v2); Alertmanager's webhook posts `{ alerts: [...] }`. */
function isAlert(event: Record<string, unknown>): boolean {
  const body = bodyOf(event);
  const alerts = Array.isArray(body) ? body : asObject(body).alerts;
  return Array.isArray(alerts) && alerts.some((alert) => asObject(alert).labels !== undefined);
}

function bodyOf({ body, isBase64Encoded }: Record<string, unknown>): unknown {
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body);
  } catch {
    // Somebody called the URL by hand: that is a manual tick, no error.
    return undefined;
  }
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
