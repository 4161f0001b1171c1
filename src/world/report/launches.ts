import { instanceIdOf, TAG } from '../../autoscaler/names';
import type { InstanceRecord, KubeObject } from '../contract';
import { aliveAt, type Life } from './fleet';

export interface LaunchFacts {
  autoscaled: readonly Life[];
  /** How many instances an operation wanted in all, by its id. */
  asked: ReadonlyMap<string, number>;
  /** Instances bought for pods while the world's scheduler had room for every pending pod. */
  needless: ReadonlySet<string>;
  /** Virtual times of the ticks, ascending, each instant once. */
  ticks: readonly number[];
  end: number;
}

/** Instances that were too many when they were launched, and alive two ticks later. */
export function doubleLaunches(facts: LaunchFacts): Life[] {
  return facts.autoscaled.filter((life) => {
    if (!facts.needless.has(life.id) && !isBeyondOperation(life, facts)) return false;
    const judged = facts.ticks.filter((tick) => tick > life.from)[1] ?? facts.end;
    return life.to === undefined || life.to > judged;
  });
}

/** A replacement of one that ended is not beyond: only those that live at the same time are counted. */
function isBeyondOperation(life: Life, { autoscaled, asked }: LaunchFacts): boolean {
  if (life.operation === undefined) return false;
  const wanted = asked.get(life.operation);
  if (wanted === undefined) return false;
  const siblings = aliveAt(autoscaled, life.from).filter((other) => other.operation === life.operation);
  return siblings.findIndex((other) => other.id === life.id) >= wanted;
}

/** Sign changes in the sequence of launches and removals. */
export function directionChanges(launches: readonly Life[], removals: readonly Life[]): number {
  const signs = [
    ...launches.map((life) => ({ at: life.from, sign: 1 })),
    ...removals.map((life) => ({ at: life.to ?? 0, sign: -1 })),
  ].sort((a, b) => a.at - b.at || b.sign - a.sign);
  return signs.filter(({ sign }, index) => index > 0 && signs[index - 1]?.sign !== sign).length;
}

export interface OrphanFacts {
  instances: readonly InstanceRecord[];
  nodes: readonly KubeObject[];
  cluster: string;
  joinDeadlineMs: number;
  end: number;
}

/** Live instances of ours with no Node past the join deadline, and Nodes whose instance is gone; by their names. */
export function orphans({ instances, nodes, cluster, joinDeadlineMs, end }: OrphanFacts): string[] {
  const live = new Set(instances.filter((instance) => instance.state !== 'terminated').map(({ id }) => id));
  const joined = new Map(nodes.map((node) => [instanceIdOf(providerIdOf(node)), node.metadata.name]));
  const unjoined = instances.filter(
    (instance) =>
      (instance.state === 'pending' || instance.state === 'running') &&
      instance.tags[TAG.cluster] === cluster &&
      !joined.has(instance.id) &&
      end - instance.launchedAt > joinDeadlineMs,
  );
  const ghosts = [...joined].filter(([instance]) => instance !== undefined && !live.has(instance));
  return [...unjoined.map(({ id }) => id), ...ghosts.map(([, name]) => name)];
}

const providerIdOf = (node: KubeObject): string | undefined =>
  (node.spec as { providerID?: string } | undefined)?.providerID;
