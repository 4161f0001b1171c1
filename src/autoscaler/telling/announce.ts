import { hasTime } from '../operations/context';
import type { Ports } from '../ports';
import { isTold, remember } from './memory';
import { nodeEvents } from './node-events';
import { podEvents } from './pod-events';
import type { Seen } from './seen';

/** Calls are few and small, but a tick must stay short however many pods wait; the next one tells of the others. */
const MAX_EVENTS = 50;

/** Of all Events of a tick together, in case each is slow. */
const PATIENCE_MS = 5_000;

/**
 * Writes Kubernetes Events about what has changed since it was last told, or was told an hour ago. Never throws, and
 * gives up at the first sign that the API does not answer: nothing depends on it.
 */
export async function announce(ports: Ports, seen: Seen): Promise<void> {
  const { snapshot } = seen;
  if (!snapshot.kubernetes.known) return;
  const view = snapshot.kubernetes.value;
  const began = ports.clock.now();
  const news = [...nodeEvents(seen, view), ...podEvents(seen, view)]
    .filter(({ about, reason, key }) => !isTold(ports.memory, about.uid, `${reason}/${key}`, snapshot.at))
    .slice(0, MAX_EVENTS);
  for (const { message, ...event } of news) {
    if (!hasTime({ ports }) || ports.clock.now() - began > PATIENCE_MS) return;
    const answer = await ports.cluster.announce({ ...event, message: message() }, snapshot.at);
    if (answer.outcome === 'failed') {
      ports.log({ level: 'warn', message: 'Kubernetes Events were not written.', error: answer.detail });
      return;
    }
    // Refused (its namespace is going away, say): to ask again at every tick would change nothing.
    remember(ports.memory, event.about.uid, `${event.reason}/${event.key}`, snapshot.at);
  }
}
