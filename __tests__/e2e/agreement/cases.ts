import fc from 'fast-check';
import type { Plan } from '../../../src/autoscaler/plan';
import { plan } from '../../../src/autoscaler/planning/planner';
import type { Pod } from '../../../src/world/kubernetes/objects';
import {
  build,
  type Cluster,
  type Options,
  type Parts,
  parts,
  snapshotOf,
} from '../../autoscaler/planning/packing/clusters';
import { arrived, byAge, keyOf, type Objects } from '../../autoscaler/planning/packing/scheduler';

/** A random cluster, what was planned for it, and how it is once all that is planned or on its way is there. */
export interface Case {
  /** Which one of the run, from 0. */
  number: number;
  cluster: Cluster;
  plan: Plan;
  objects: Objects;
  /** Pods that wait, as the scheduler takes them: by priority, then by age. */
  queue: Pod[];
}

/** Sorts of clusters, and how many in a hundred are of each. */
const SORTS: { share: number; options: Options }[] = [
  { share: 25, options: { plain: true } },
  { share: 25, options: { alike: true } },
  { share: 25, options: { limited: true } },
  { share: 25, options: {} },
];

/** @param count how many clusters */
export function casesOf(seed: number, count: number): Case[] {
  const all = SORTS.flatMap(({ share, options }, i) =>
    fc.sample(parts(options), { seed: seed + i, numRuns: Math.round((count * share) / 100) }),
  );
  return all.map((each, number) => caseOf(creatable(each), number));
}

function caseOf(each: Parts, number: number): Case {
  const cluster = build(each);
  const snapshot = snapshotOf(cluster);
  const made = plan(snapshot, cluster.config);
  const objects = arrived(cluster, made, snapshot);
  const queue = byAge(objects.pods).sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0));
  return { number, cluster, plan: made, objects, queue };
}

/** The API server refuses two spread constraints with one topology key, which the generator may draw. */
const creatable = (each: Parts): Parts => ({
  ...each,
  workloads: each.workloads.map(({ spread, ...workload }) => ({
    ...workload,
    spread: spread?.filter(({ host }, i) => spread.findIndex((other) => other.host === host) === i),
  })),
});

/** The reason code that the plan gave the pod. */
export const codeOf = ({ plan: made }: Case, pod: Pod): string => made.pods[keyOf(pod)]?.code ?? 'none';
