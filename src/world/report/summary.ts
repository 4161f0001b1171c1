import type { Recording } from '../play';
import { aliveAt, autoscaledOf, baseAt, hoursOf, type Life, livesOf, peakOf, terminationsOf, workersOf } from './fleet';
import { directionChanges, doubleLaunches, orphans } from './launches';
import { pendingPodSeconds, podsMadePending, type TimeToSchedule, timeToSchedule, waitsOf } from './pods';
import { costOf, staticCostOf } from './prices';
import { tickValueOf } from './tick-value';

export interface Summary {
  podsRunning: number;
  podsUnschedulable: number;
  /** Instances that the autoscaler launched. */
  launches: number;
  /** Instances of the autoscaler that ended, but for spot interruptions. */
  terminations: number;
  /** Base workers at the start: a run that ended quietly has as many at its end. */
  nodesAtBase: number;
  /** Most workers at one time; servers are not counted, here and below. */
  peakNodes: number;
  nodesAtEnd: number;
  /** Instances that were too many when they were launched and lived two ticks later. */
  doubleLaunches: number;
  orphans: number;
  pdbViolations: number;
  podsMadePending: number;
  directionChanges: number;
  pendingPodSeconds: number;
  timeToScheduleSeconds: TimeToSchedule;
  nodeHours: number;
  /** US dollars for the workers; null where an instance type has no price in the table. */
  costUsd: number | null;
  /** The same if the workers of the peak had been there all the time. */
  staticCostUsd: number | null;
  /** Invocations by the schedule; those by events come on top, in the timeline. */
  ticks: number;
}

export function summaryOf(recording: Recording): Summary {
  const { events, instances, nodes, config, start, end, counts, ticks } = recording;
  const lives = livesOf(instances, events, config.cluster);
  const workers = workersOf(lives);
  const autoscaled = autoscaledOf(lives);
  const removals = terminationsOf(autoscaled, events);
  const waits = waitsOf(events);
  const peak = peakOf(workers);
  const joinDeadlineMs = config.policy.joinDeadlineMs;
  return {
    podsRunning: counts.pods.running,
    podsUnschedulable: counts.pods.unschedulable,
    launches: autoscaled.length,
    terminations: removals.length,
    nodesAtBase: baseAt(workers, start).length,
    peakNodes: peak.length,
    nodesAtEnd: aliveAt(workers, end).length,
    doubleLaunches: doubleLaunches(launchFacts(recording, autoscaled)).length,
    orphans: orphans({ instances, nodes, cluster: config.cluster, joinDeadlineMs, end }).length,
    pdbViolations: events.filter(({ kind }) => kind === 'pdb-violated').length,
    podsMadePending: podsMadePending(events),
    directionChanges: directionChanges(autoscaled, removals),
    pendingPodSeconds: rounded(pendingPodSeconds(waits, end), 3),
    timeToScheduleSeconds: timeToSchedule(waits),
    nodeHours: rounded(
      workers.reduce((sum, life) => sum + hoursOf(life, start, end), 0),
      6,
    ),
    costUsd: rounded(costOf(workers, start, end), 6),
    staticCostUsd: rounded(staticCostOf(peak, start, end), 6),
    ticks: ticks.filter(({ byEvent }) => !byEvent).length,
  };
}

function launchFacts(
  { ticks, events, roomAtLaunch, end }: Recording,
  autoscaled: Life[],
): Parameters<typeof doubleLaunches>[0] {
  const operations = ticks.flatMap(({ result }) => tickValueOf(result).operations);
  const asked = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'instance-launched' || event.operation === undefined) continue;
    asked.set(event.operation, Math.max(event.asked, asked.get(event.operation) ?? 0));
  }
  // The most that it ever wanted: what EC2 takes before it joined is taken out of the count.
  for (const { id, count = 0 } of operations) asked.set(id, Math.max(count, asked.get(id) ?? 0));
  // Only a launch for pods can be needless by the pods: a signal or a minimum asks for a node whatever the pods do.
  const forPods = new Set(operations.filter(({ reason }) => reason === 'pending-pods').map(({ id }) => id));
  const needless = new Set(
    autoscaled.filter(({ id, operation }) => roomAtLaunch.has(id) && forPods.has(operation ?? '')).map(({ id }) => id),
  );
  return {
    autoscaled,
    asked,
    needless,
    ticks: [...new Set(ticks.filter(({ byEvent }) => !byEvent).map(({ at }) => at))],
    end,
  };
}

function rounded(value: number, digits: number): number;
function rounded(value: number | null, digits: number): number | null;
function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}
