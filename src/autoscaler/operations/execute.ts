import type { Plan } from '../plan';
import { forgottenCordon, isLaunch, isRemoval, isReversible } from '../planning/fleet-view';
import { roomFor } from '../planning/movable';
import type { KubernetesView } from '../snapshot';
import type { LaunchOperation, RemovalOperation } from '../state';
import { type Context, hasTime } from './context';
import { runLaunch } from './launch-steps';
import { cordon, drain, takeBack } from './removal-steps';
import { endRemovals } from './terminate';

/** Each open operation takes the steps that need no waiting, and stops. */
export async function execute(context: Context, plan: Plan): Promise<void> {
  if (context.session.state.paused) return;
  await sweepCordons(context);
  await takeBackNodes(context, plan);
  // What never joined goes before its replacement comes.
  await cleanUp(context);
  for (const operation of context.session.state.operations.filter(isLaunch)) {
    if (operation.phase === 'requested') await continueLaunch(context, plan, operation);
  }
  await continueRemovals(context, plan);
  await cleanUp(context);
}

/** One begun by this tick is asked for at once; a stored one only if what it needs is known and it is still wanted. */
async function continueLaunch(context: Context, plan: Plan, operation: LaunchOperation): Promise<void> {
  const isNew = operation.createdAt === context.snapshot.at && operation.attempt === 1;
  if (plan.cancel.includes(operation.id)) {
    await context.session.update({ ...operation, phase: 'failed', failure: 'nothing needs it any more' });
  } else if (isNew) {
    await runLaunch(context, operation);
  } else if (plan.resume.includes(operation.id)) {
    // The commit stored a new one just now; for an old one it may have had nothing to write, so the fence is asked here.
    await context.session.confirm();
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
  const { ports, snapshot, did } = context;
  if (!snapshot.kubernetes.known) return;
  for (const node of snapshot.kubernetes.value.nodes.filter((n) => forgottenCordon(n, snapshot))) {
    if (!hasTime(context)) return;
    did(`un-cordon ${node.name}, whose removal is not open: ${(await ports.cluster.uncordon(node)).outcome}`);
  }
}

async function takeBackNodes(context: Context, plan: Plan): Promise<void> {
  const wanted = new Set(plan.intents.flatMap((intent) => (intent.kind === 'uncordon' ? [intent.operation] : [])));
  const now = context.snapshot.at;
  for (const operation of removals(context, isReversible)) {
    if (!hasTime(context)) return;
    if (wanted.has(operation.id)) {
      await takeBack(context, operation, { why: 'pending pods need the node', failed: false });
    } else if (now > operation.deadline) {
      await takeBack(context, operation, { why: 'its pods did not leave by the deadline', failed: true });
    }
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
  const nodes = view.nodes.filter((node) => draining.some((o) => o.node?.uid === node.uid));
  for (const operation of draining) {
    const others = nodes.filter((node) => node.uid !== operation.node?.uid);
    if (hasTime(context)) await drain(context, operation, view, roomFor(view, others));
  }
}

async function lookAgain({ ports, snapshot }: Context): Promise<KubernetesView | undefined> {
  const observed = await ports.cluster.observe(snapshot.at);
  return observed.known ? observed.value : undefined;
}

const removals = ({ session }: Context, which: (operation: RemovalOperation) => boolean): RemovalOperation[] =>
  session.state.operations.filter(isRemoval).filter(which);
