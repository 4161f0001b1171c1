import { forget, shortened } from '../planning/backoff';
import { isLaunch } from '../planning/fleet-view';
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
  let operation: LaunchOperation | undefined = isRefusedAlready(context, start)
    ? await advance(context, start, 'another launch of this tick was refused it')
    : start;
  while (operation && hasTime(context)) operation = await attempt(context, operation);
}

/** Never sent so far, and what it would ask for has been refused since it was planned: of several launches, to the first. */
function isRefusedAlready({ session, snapshot, tried }: Context, operation: LaunchOperation): boolean {
  const until = session.state.offerings[offeringOf(operation)]?.until ?? 0;
  return isNew(operation, snapshot.at) && !tried.has(operation.id) && until > snapshot.at;
}

/** Begun by this tick, and its first attempt. */
export const isNew = ({ createdAt, attempt }: LaunchOperation, at: number): boolean =>
  createdAt === at && attempt === 1;

/** The operation under its next attempt where there is one to be made now. */
async function attempt(context: Context, operation: LaunchOperation): Promise<LaunchOperation | undefined> {
  const { ports, session, did } = context;
  await session.confirm();
  context.tried.add(operation.id);
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
  return refused(context, operation, answer);
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

async function refused(
  context: Context,
  operation: LaunchOperation,
  { code, detail }: { code: string; detail: string },
): Promise<LaunchOperation | undefined> {
  const { session, snapshot, config } = context;
  const failure = shortened(`${code}: ${detail}`);
  const offerings = afterRefusal(session.state.offerings, operation, { code, failure }, snapshot.at, config);
  return advance(context, operation, failure, offerings);
}

/** The next attempt, stored before it is sent. */
async function advance(
  { session, snapshot, config, resources }: Context,
  operation: LaunchOperation,
  failure: string,
  offerings = session.state.offerings,
): Promise<LaunchOperation | undefined> {
  const now = { ...snapshot, state: { ...session.state, offerings } };
  const { operation: next, limit } = nextAttempt(operation, now, config, resources);
  const why = limit ? `${failure} (nothing else fits: ${limit})` : failure;
  const failed: LaunchOperation = { ...operation, phase: 'failed', failure: why };
  try {
    await session.update(next ?? failed, { offerings });
  } catch (error) {
    // The next attempt will never be sent: left open, it would look like one whose answer was lost.
    if (error instanceof Retired) await session.update(failed).catch(() => {});
    throw error;
  }
  return next;
}

/** None of these will be sent any more: left open, they would look like ones whose answer was lost. */
export async function forgetUnsent({ session, snapshot, tried }: Context): Promise<void> {
  const launches = session.state.operations.filter(isLaunch);
  const unsent = launches.filter((launch) => isNew(launch, snapshot.at) && !tried.has(launch.id));
  for (const launch of unsent) {
    await session.update({ ...launch, phase: 'failed', failure: 'the cluster was retired first' }).catch(() => {});
  }
}
