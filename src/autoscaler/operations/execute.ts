import type { Plan } from '../plan';
import { isLaunch, isRemoval, isReversible } from '../planning/fleet-view';
import type { KubernetesView } from '../snapshot';
import type { RemovalOperation } from '../state';
import { type Context, hasTime } from './context';
import { runLaunch } from './launch-steps';
import { advanceCleanUp, cordon, drain, takeBack } from './removal-steps';

/** Each open operation takes the steps that need no waiting, and stops. */
export async function execute(context: Context, plan: Plan): Promise<void> {
  await takeBackNodes(context, plan);
  for (const operation of context.session.state.operations.filter(isLaunch)) {
    if (operation.phase === 'requested' && hasTime(context)) await runLaunch(context, operation);
  }
  await continueRemovals(context, plan);
  for (const operation of removals(context, (o) => o.phase === 'terminating')) {
    if (hasTime(context)) await advanceCleanUp(context, operation);
  }
}

async function takeBackNodes(context: Context, plan: Plan): Promise<void> {
  const wanted = new Set(plan.intents.flatMap((intent) => (intent.kind === 'uncordon' ? [intent.operation] : [])));
  const now = context.snapshot.at;
  for (const operation of removals(context, isReversible)) {
    if (!hasTime(context)) return;
    if (wanted.has(operation.id)) await takeBack(context, operation, 'pending pods need the node');
    else if (now > operation.deadline) await takeBack(context, operation, 'its pods did not leave by the deadline');
  }
}

/** Doubtful data stops a removal where it stands; its deadline gives the node back. */
async function continueRemovals(context: Context, plan: Plan): Promise<void> {
  if (plan.hold) return;
  for (const operation of removals(context, (o) => o.phase === 'chosen')) {
    if (hasTime(context)) await cordon(context, operation);
  }
  const draining = removals(context, (o) => isReversible(o) && o.phase !== 'chosen');
  if (draining.length === 0 || !hasTime(context)) return;
  // Between the snapshot and the cordon a pod may have come: what happens next is decided from a list made after it.
  const view = await lookAgain(context);
  if (!view) return;
  for (const operation of draining) {
    if (hasTime(context)) await drain(context, operation, view);
  }
}

async function lookAgain({ ports, snapshot }: Context): Promise<KubernetesView | undefined> {
  const observed = await ports.cluster.observe(snapshot.at);
  return observed.known ? observed.value : undefined;
}

const removals = ({ session }: Context, which: (operation: RemovalOperation) => boolean): RemovalOperation[] =>
  session.state.operations.filter(isRemoval).filter(which);
