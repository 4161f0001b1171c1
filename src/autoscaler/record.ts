import { hasTime } from './operations/context';
import { doubtsOf } from './planning/health';
import type { Ports } from './ports';
import type { TickResult } from './result';
import { HISTORY_TTL_SECONDS, summarize } from './summary';
import { announce } from './telling/announce';
import { outlineOf, recordingOf } from './telling/recording';
import type { Seen } from './telling/seen';
import { statusText } from './telling/status';

/**
 * The last step of a tick, after all effects: the log line, the history, and what people find in the cluster. Nothing
 * here fails a tick.
 *
 * @param seen absent where the tick stopped before it had a plan, or lost its lease: then the cluster is another's to
 * tell of
 */
export async function record(ports: Ports, result: TickResult, seen: Seen | undefined): Promise<void> {
  ports.log(summarize(result));
  const recording = seen && recordingOf(seen, ports.memory);
  await ports.store.record({
    at: result.at,
    epoch: result.epoch ?? 0,
    trigger: result.trigger,
    decision: result.decision,
    operations: result.operations.map((operation) => `${operation.id} ${operation.phase}`),
    actions: result.actions,
    ttlSeconds: HISTORY_TTL_SECONDS,
    ...(seen && { plan: outlineOf(seen.plan), doubts: doubtsOf(seen.snapshot, seen.config) }),
    ...(recording && { recording }),
  });
  if (!seen) return;
  await announce(ports, seen);
  await publish(ports, result, seen);
}

async function publish(ports: Ports, { trigger }: TickResult, seen: Seen): Promise<void> {
  if (!seen.snapshot.kubernetes.known || !hasTime({ ports })) return;
  const answer = await ports.cluster.publishStatus(statusText(seen, trigger));
  if (answer.outcome === 'done') return;
  ports.log({ level: 'warn', message: 'The status ConfigMap was not written.', error: answer.detail });
}
