import type { RuntimeConfig } from '../../config/runtime';
import type { Plan, UncordonIntent } from '../plan';
import { inForce } from '../planning/calendar';
import { isOpen, isRemoval, isReversible } from '../planning/fleet-view';
import { massUnready } from '../planning/health';
import { Room } from '../planning/room';
import { sourcesOf } from '../planning/sources';
import type { Snapshot } from '../snapshot';
import { MAX_OPEN_OPERATIONS } from '../state';
import { intentsOf, type Judged } from './judged';
import { launchRefusal } from './launch-gate';
import { removalRefusal } from './removal-gate';

/**
 * Why the function does not do what the plan says; undefined where it may. What doubts, limits, minima, cool-downs and
 * people forbid is forbidden to every planner; what is wise is the planner's own affair.
 */
export function refusalOf(plan: Plan, own: Plan, snapshot: Snapshot, settings: RuntimeConfig): string | undefined {
  const config = inForce(settings, snapshot.at);
  const sources = sourcesOf(snapshot, config);
  const judged: Judged = { plan, own, snapshot, config, sources, room: new Room(snapshot, config) };
  return (
    standstill(judged) ??
    doubtful(judged) ??
    stored(judged) ??
    tooMany(judged) ??
    launchRefusal(judged) ??
    uncordonRefusal(judged) ??
    removalRefusal(judged) ??
    backdated(judged)
  );
}

/** Nothing at all is done. */
function standstill({ plan, snapshot, sources }: Judged): string | undefined {
  if (plan.intents.length + plan.resume.length + plan.cancel.length === 0) return undefined;
  if (!sources.instances) return `nothing may be done: ${sources.doubts.instances}`;
  if (snapshot.state.paused) return 'nothing may be done: a person paused the autoscaler';
  const unready = sources.view && massUnready(sources.view, sources.instances, snapshot.state.operations);
  return unready && `nothing may be done: ${unready}`;
}

/** Removals that have begun would go on. */
function doubtful({ plan, own }: Judged): string | undefined {
  if (own.hold === null || plan.hold !== null) return undefined;
  return `removals must be held: ${own.hold.text}`;
}

/** Of launches that were stored and perhaps sent, only what the function may see the need of. */
function stored({ plan, own }: Judged): string | undefined {
  const resumed = plan.resume.find((id) => !own.resume.includes(id));
  if (resumed !== undefined) return `${resumed} is no stored launch that may be asked for again now`;
  const cancelled = plan.cancel.find((id) => !own.cancel.includes(id));
  return cancelled === undefined ? undefined : `${cancelled} is no stored launch that nothing needs any more`;
}

function tooMany({ plan, snapshot }: Judged): string | undefined {
  const begun = plan.intents.filter(({ kind }) => kind !== 'uncordon').length;
  const open = snapshot.state.operations.filter(isOpen).length;
  if (begun === 0 || begun + open <= MAX_OPEN_OPERATIONS) return undefined;
  return `${begun} operations beside ${open} open ones are more than ${MAX_OPEN_OPERATIONS}`;
}

/** Only what is drained by our own choice is taken back: EC2 takes what it takes. */
function uncordonRefusal({ plan, snapshot, sources }: Judged): string | undefined {
  const uncordons = intentsOf(plan, 'uncordon');
  if (uncordons.length === 0) return undefined;
  if (!sources.view) return `no node may be taken back: ${sources.doubts.kubernetes}`;
  const removals = snapshot.state.operations.filter(isRemoval);
  const isOurs = ({ operation, node }: UncordonIntent) =>
    removals.some((o) => o.id === operation && o.node?.name === node && isReversible(o) && o.cause === undefined);
  const strange = uncordons.find((intent) => !isOurs(intent));
  return strange && `${strange.node} is not being drained by our choice under ${strange.operation}`;
}

/** How long a node has been unneeded is remembered from tick to tick, and never longer than it was looked at. */
function backdated({ plan, snapshot: { at, state } }: Judged): string | undefined {
  const since = (name: string) => (Object.hasOwn(state.unneededSince, name) ? state.unneededSince[name] : at);
  const [name] = Object.entries(plan.memory.unneededSince).find(([node, time]) => time !== since(node)) ?? [];
  return name === undefined ? undefined : `${name} has not been unneeded since the time that is given`;
}
