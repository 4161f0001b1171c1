import type { Plan } from '../plan';
import { forgottenCordon, isLaunch, isRemoval, isReversible } from '../planning/fleet-view';
import { Rehousing } from '../planning/rehousing';
import { isUrgent } from '../planning/urgent';
import { Retired } from '../session';
import type { KubernetesView } from '../snapshot';
import type { LaunchOperation, RemovalOperation } from '../state';
import { type Context, hasTime, observeAgain } from './context';
import { forgetUnsent, isNew, runLaunch } from './launch-steps';
import { cordon, drain, type Return, takeBack } from './removal-steps';
import { endRemovals } from './terminate';

/** Each open operation takes the steps that need no waiting, and stops. */
export async function execute(context: Context, plan: Plan): Promise<void> {
  if (context.session.state.paused) return;
  await sweepCordons(context);
  await takeBackNodes(context, plan);
  // What never joined goes before its replacement comes.
  await cleanUp(context);
  await launchAll(context, plan);
  await continueRemovals(context, plan);
  await cleanUp(context);
}

async function launchAll(context: Context, plan: Plan): Promise<void> {
  try {
    for (const operation of context.session.state.operations.filter(isLaunch)) {
      if (operation.phase === 'requested') await continueLaunch(context, plan, operation);
    }
  } catch (error) {
    if (error instanceof Retired) await forgetUnsent(context);
    throw error;
  }
}

/** One begun by this tick is asked for at once; a stored one only if what it needs is known and it is still wanted. */
async function continueLaunch(context: Context, plan: Plan, operation: LaunchOperation): Promise<void> {
  if (plan.cancel.includes(operation.id)) {
    await context.session.update({ ...operation, phase: 'failed', failure: 'nothing needs it any more' });
  } else if (isNew(operation, context.snapshot.at) || plan.resume.includes(operation.id)) {
    await runLaunch(context, operation);
  }
}

async function cleanUp(context: Context): Promise<void> {
  const due = removals(context, (o) => o.phase === 'terminating' && !context.tried.has(o.id));
  for (const { id } of due) context.tried.add(id);
  await endRemovals(context, due);
}

/** Cordons that bear our mark and belong to no open removal. */
async function sweepCordons(context: Context): Promise<void> {
  const { ports, session, snapshot, did } = context;
  if (!snapshot.kubernetes.known) return;
  for (const node of snapshot.kubernetes.value.nodes.filter((n) => forgottenCordon(n, snapshot))) {
    if (!hasTime(context)) return;
    await session.confirm();
    did(`un-cordon ${node.name}, whose removal is not open: ${(await ports.cluster.uncordon(node)).outcome}`);
  }
}

async function takeBackNodes(context: Context, plan: Plan): Promise<void> {
  const wanted = new Set(plan.intents.flatMap((intent) => (intent.kind === 'uncordon' ? [intent.operation] : [])));
  const now = context.snapshot.at;
  for (const operation of removals(context, isReversible)) {
    if (!hasTime(context)) return;
    if (wanted.has(operation.id)) {
      await takeBack(context, operation, { why: 'it is needed again', failed: false });
      // What EC2 takes is never given back: its deadline is EC2's.
    } else if (now > operation.deadline && operation.cause !== 'interruption') {
      await takeBack(context, operation, overdue(operation, context));
    }
  }
}

const overdue = (operation: RemovalOperation, { config }: Context): Return =>
  operation.cause === 'rebalance' && !isUrgent(operation, config.policy.rebalance)
    ? { why: 'EC2 did not take it', failed: false }
    : { why: 'its pods did not leave by the deadline', failed: true };

/**
 * Doubtful data stops a removal where it stands; its deadline gives the node back. It does not stop EC2 from taking a
 * node, whatever Prometheus says: Kubernetes and EC2 were known when the notice became an operation.
 */
async function continueRemovals(context: Context, plan: Plan): Promise<void> {
  const { snapshot, config } = context;
  const seen = snapshot.kubernetes.known && snapshot.instances.known;
  const goesOn = (o: RemovalOperation) => !plan.hold || (seen && o.cause !== undefined);
  for (const operation of removals(context, (o) => o.phase === 'chosen' && goesOn(o)).sort(urgentFirst)) {
    if (hasTime(context)) await cordon(context, operation);
  }
  await cordonAgain(context);
  const draining = removals(context, (o) => isReversible(o) && o.phase !== 'chosen' && goesOn(o))
    // A node at risk that is only cordoned keeps its pods.
    .filter((o) => o.cause !== 'rebalance' || isUrgent(o, config.policy.rebalance))
    .sort(urgentFirst);
  if (draining.length === 0) return;
  // Between the snapshot and the cordon a pod may have come: what happens next is decided from a list made after it.
  const view = await lookAgain(context);
  if (!view) return;
  const nodes = view.nodes.filter((node) => draining.some((o) => o.node?.uid === node.uid));
  for (const operation of draining) {
    if (!hasTime(context)) return;
    const rehousing = Rehousing.of(view);
    for (const node of nodes) if (node.uid !== operation.node?.uid) rehousing.leave(node);
    await drain(context, operation, view, rehousing);
  }
}

/** A Node is written to often, and for one that EC2 takes there may be no other tick to try in. */
async function cordonAgain(context: Context): Promise<void> {
  const missed = removals(context, (o) => o.phase === 'chosen' && o.cause === 'interruption');
  if (missed.length === 0 || !context.snapshot.kubernetes.known) return;
  const view = await lookAgain(context);
  for (const operation of missed) if (view && hasTime(context)) await cordon(context, operation, view);
}

/** Two minutes are short. */
const urgentFirst = (a: RemovalOperation, b: RemovalOperation): number =>
  Number(b.cause === 'interruption') - Number(a.cause === 'interruption');

async function lookAgain(context: Context): Promise<KubernetesView | undefined> {
  const observed = await observeAgain(context);
  return observed?.known ? observed.value : undefined;
}

const removals = ({ session }: Context, which: (operation: RemovalOperation) => boolean): RemovalOperation[] =>
  session.state.operations.filter(isRemoval).filter(which);
