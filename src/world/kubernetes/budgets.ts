import type { Context } from './context';
import { type Budget, type Controller, controllerOf, isReady, isTerminating, type Pod, withCondition } from './objects';
import { selects } from './selectors';

/** The status of a budget that the disruption controller has not seen yet. */
export const EMPTY_BUDGET = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
  observedGeneration: 0,
  conditions: [],
};

/** `intstr.GetScaledValueFromIntOrPercent` with rounding up, as the disruption controller asks for both fields. */
function scaled(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

/** The numbers of one PodDisruptionBudget, as the disruption controller works them out. */
interface Counts {
  expectedPods: number;
  desiredHealthy: number;
  currentHealthy: number;
}

export class Budgets {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  covering(pod: Pod): Budget[] {
    return this.#of(pod.metadata.namespace as string).filter((budget) =>
      selects(budget.spec.selector, pod.metadata.labels),
    );
  }

  /** Brings the status of all budgets of a namespace up to date. */
  refresh(namespace: string): void {
    for (const budget of this.#of(namespace)) this.#refreshOne(budget);
  }

  /** Healthy pods in truth: `runs` knows whether a pod's machine is on. By budget `namespace/name`. */
  health(runs: (pod: Pod) => boolean): Map<string, { name: string; healthy: number; desired: number }> {
    const result = new Map<string, { name: string; healthy: number; desired: number }>();
    for (const budget of this.#context.store.list<Budget>('poddisruptionbudgets')) {
      const counts = this.#count(budget, (pod) => isHealthy(pod) && runs(pod));
      if (typeof counts === 'string') continue;
      const { name, namespace } = budget.metadata;
      result.set(`${namespace}/${name}`, { name, healthy: counts.currentHealthy, desired: counts.desiredHealthy });
    }
    return result;
  }

  #of(namespace: string): Budget[] {
    return this.#context.store
      .list<Budget>('poddisruptionbudgets')
      .filter(({ metadata }) => metadata.namespace === namespace);
  }

  #refreshOne(budget: Budget): void {
    const at = this.#context.clock.now();
    const counts = this.#count(budget, isHealthy);
    const conditions = budget.status?.conditions ?? [];
    const status =
      typeof counts === 'string'
        ? {
            disruptionsAllowed: 0,
            currentHealthy: 0,
            desiredHealthy: 0,
            expectedPods: 0,
            conditions: withCondition(
              conditions,
              { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: counts },
              at,
            ),
          }
        : allowed(counts, conditions, at);
    const next = { ...status, observedGeneration: 1 };
    if (JSON.stringify(next) !== JSON.stringify(budget.status))
      this.#context.store.update<Budget>('poddisruptionbudgets', { ...budget, status: next });
  }

  /** A text: why the controller cannot tell. */
  #count(budget: Budget, healthy: (pod: Pod) => boolean): Counts | string {
    const matched = this.#context.store
      .list<Pod>('pods')
      .filter(
        (pod) =>
          pod.metadata.namespace === budget.metadata.namespace && selects(budget.spec.selector, pod.metadata.labels),
      );
    const currentHealthy = matched.filter(healthy).length;
    const { minAvailable, maxUnavailable } = budget.spec;
    if (maxUnavailable === undefined && typeof minAvailable === 'number')
      return { expectedPods: matched.length, desiredHealthy: minAvailable, currentHealthy };
    const expectedPods = this.#expected(matched);
    if (typeof expectedPods === 'string') return expectedPods;
    const desired =
      maxUnavailable === undefined
        ? scaled(minAvailable ?? 1, expectedPods)
        : Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods));
    return { expectedPods, desiredHealthy: desired, currentHealthy };
  }

  /** The sum of what the pods' controllers want. */
  #expected(pods: Pod[]): number | string {
    const scales = new Map<string, number>();
    for (const pod of pods) {
      const found = this.#scaleOf(pod);
      if (typeof found === 'string') return found;
      scales.set(found.uid, found.replicas);
    }
    return [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  }

  #scaleOf(pod: Pod): { uid: string; replicas: number } | string {
    const { store } = this.#context;
    const namespace = pod.metadata.namespace;
    const owner = controllerOf(pod);
    if (!owner) return `found no controllers for pod "${pod.metadata.name}"`;
    const resource = SCALABLE[owner.kind];
    const direct = resource && store.find<Controller>(resource, owner.name, namespace);
    if (!direct) return `${owner.kind}/${owner.name} does not implement the scale subresource`;
    const above = controllerOf(direct);
    const top =
      above?.kind === 'Deployment' ? (store.find<Controller>('deployments', above.name, namespace) ?? direct) : direct;
    return { uid: top.metadata.uid, replicas: top.spec.replicas ?? 1 };
  }
}

/** Kinds with a scale subresource: only those work with percentages and with maxUnavailable. */
const SCALABLE: Record<string, string> = { ReplicaSet: 'replicasets', StatefulSet: 'statefulsets' };

const isHealthy = (pod: Pod): boolean => isReady(pod) && !isTerminating(pod);

function allowed(
  counts: Counts,
  conditions: Budget['status']['conditions'],
  at: number,
): Omit<Budget['status'], 'observedGeneration'> {
  const disruptionsAllowed = counts.expectedPods === 0 ? 0 : Math.max(0, counts.currentHealthy - counts.desiredHealthy);
  const condition =
    disruptionsAllowed > 0
      ? { status: 'True' as const, reason: 'SufficientPods' }
      : { status: 'False' as const, reason: 'InsufficientPods' };
  return {
    disruptionsAllowed,
    ...counts,
    conditions: withCondition(conditions, { type: 'DisruptionAllowed', message: '', ...condition }, at),
  };
}
