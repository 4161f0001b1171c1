import { STATUS } from '../autoscaler/names';
import type { TellingOutcome } from '../autoscaler/ports';
import {
  type ClusterEvent,
  cut,
  eventName,
  eventNamespace,
  eventObject,
  eventTime,
} from '../autoscaler/telling/cluster-event';
import { describe } from './errors';
import type { HttpResponse } from './http';
import { messageOf } from './kubernetes-api';

export type Write = (method: 'POST' | 'PATCH', path: string, body: unknown) => Promise<HttpResponse>;

/**
 * Creates the Event. One of that name is there already where the same was told within the hour; it is counted up, as
 * client-go's recorder does. We may not read Events, so the answer to the first patch tells the count. Never throws.
 */
export async function announce(write: Write, event: ClusterEvent, at: number): Promise<TellingOutcome> {
  const list = `api/v1/namespaces/${encodeURIComponent(eventNamespace(event))}/events`;
  const one = `${list}/${encodeURIComponent(eventName(event))}`;
  return telling(async () => {
    const create = () => write('POST', list, eventObject(event, at));
    const created = await create();
    if (created.status !== 409) return created;
    const again = { lastTimestamp: eventTime(at), message: cut(event.message) };
    const repeated = await write('PATCH', one, again);
    // Its hour was over just then.
    if (repeated.status === 404) return create();
    if (repeated.status !== 200) return repeated;
    return write('PATCH', one, { count: countOf(repeated) + 1 });
  });
}

export const publishStatus = (write: Write, text: string): Promise<TellingOutcome> =>
  telling(() =>
    write('PATCH', `api/v1/namespaces/${STATUS.namespace}/configmaps/${STATUS.name}`, { data: { status: text } }),
  );

async function telling(call: () => Promise<HttpResponse>): Promise<TellingOutcome> {
  try {
    const response = await call();
    if (response.status >= 200 && response.status < 300) return { outcome: 'done' };
    return { outcome: isTrouble(response.status) ? 'failed' : 'refused', detail: messageOf(response) };
  } catch (error) {
    return { outcome: 'failed', detail: describe(error) };
  }
}

/** Of the server, or of our token: the next object would fare no better. */
const isTrouble = (status: number): boolean => status === 401 || status === 429 || status >= 500;

function countOf({ body }: HttpResponse): number {
  const { count } = JSON.parse(body) as { count?: unknown };
  return typeof count === 'number' ? count : 1;
}
