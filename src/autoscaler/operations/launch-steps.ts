import { forget, shortened } from '../planning/backoff';
import { Retired } from '../session';
import type { ClusterState, LaunchOperation } from '../state';
import { type Context, hasTime } from './context';
import { afterRefusal, clientToken, launchEffects, nextAttempt, offeringOf } from './launch';

/** These end the operation: EC2 knows the token already, and what it made of it is gone or not what is asked now. */
const ENDING: ReadonlySet<string> = new Set(['IdempotentInstanceTerminated', 'IdempotentParameterMismatch']);

/**
 * Asks EC2 for the frozen request, and for the next offering after each definite refusal. The request in force is
 * always stored before it is sent, so an invocation that dies here is continued by the next with the same token.
 */
export async function runLaunch(context: Context, start: LaunchOperation): Promise<void> {
  let operation: LaunchOperation | undefined = start;
  while (operation && hasTime(context)) operation = await attempt(context, operation);
}

/** The operation under its next attempt where there is one to be made now. */
async function attempt(context: Context, operation: LaunchOperation): Promise<LaunchOperation | undefined> {
  const { ports, session, did } = context;
  await session.confirm();
  const answer = await ports.fleet.launch(operation.request, clientToken(operation));
  const what = `${operation.request.count} × ${operation.request.instanceType} in ${operation.request.zone}`;
  if (answer.outcome === 'unknown') {
    did(`launch of ${what} has no known outcome (${answer.detail}); the same attempt is made again by the next tick`);
    return undefined;
  }
  if (answer.outcome === 'launched') {
    await session.update(launched(operation, answer.instances), effects(context, operation));
    did(`launched ${answer.instances.join(', ')} (${what})`);
    return undefined;
  }
  did(`EC2 refused ${what}: ${answer.code}`);
  if (ENDING.has(answer.code)) {
    await session.update({ ...operation, phase: 'failed', failure: shortened(`${answer.code}: ${answer.detail}`) });
    return undefined;
  }
  return advance(context, operation, answer);
}

/** Fewer than asked is what EC2 had: the rest is planned anew by the next tick. */
const launched = (operation: LaunchOperation, instances: string[]): LaunchOperation => ({
  ...operation,
  phase: 'launched',
  instances,
  count: instances.length,
});

const effects = ({ session, snapshot, config }: Context, operation: LaunchOperation): Partial<ClusterState> => ({
  ...launchEffects(snapshot.at, config),
  offerings: forget(session.state.offerings, offeringOf(operation)),
});

async function advance(
  context: Context,
  operation: LaunchOperation,
  { code, detail }: { code: string; detail: string },
): Promise<LaunchOperation | undefined> {
  const { session, snapshot, config, resources } = context;
  const { at } = snapshot;
  const failure = shortened(`${code}: ${detail}`);
  const offerings = afterRefusal(session.state.offerings, operation, { code, failure }, at, config);
  const next = nextAttempt(operation, { ...session.state, offerings }, at, config, resources);
  const failed: LaunchOperation = { ...operation, phase: 'failed', failure };
  try {
    await session.update(next ?? failed, { offerings });
  } catch (error) {
    // The next attempt will never be sent: left open, it would look like one whose answer was lost.
    if (error instanceof Retired) await session.update(failed).catch(() => {});
    throw error;
  }
  return next;
}
