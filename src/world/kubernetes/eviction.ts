import { KubeError } from '../contract';
import { type Budget, isReady, isTerminating, type Pod } from './objects';

/** How an eviction is answered by the budgets that cover the pod (registry/core/pod/storage/eviction.go). */
export function admitEviction(pod: Pod, budgets: Budget[]): void {
  if (ignoresBudgets(pod) || budgets.length === 0) return;
  if (budgets.length > 1) {
    throw new KubeError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const budget = budgets[0] as Budget;
  if (!isReady(pod) && unhealthyMayGo(budget)) return;
  if (budget.status.disruptionsAllowed > 0) return;
  throw tooManyRequests(budget);
}

/** A pod that does not run, or is leaving already, takes nothing away. */
const ignoresBudgets = (pod: Pod): boolean => isTerminating(pod) || pod.status.phase !== 'Running';

function unhealthyMayGo({ spec, status }: Budget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.desiredHealthy > 0 && status.currentHealthy >= status.desiredHealthy;
}

function tooManyRequests({ metadata, status }: Budget): KubeError {
  const why =
    status.conditions.find(({ reason }) => reason === 'SyncFailed')?.message ??
    `The disruption budget ${metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
  return new KubeError(
    429,
    'TooManyRequests',
    "Cannot evict pod as it would violate the pod's disruption budget.",
    undefined,
    {
      causes: [{ reason: 'DisruptionBudget', message: why }],
    },
  );
}

/** `preconditions` of DeleteOptions. @throws KubeError 409 */
export function checkPreconditions(
  resource: string,
  object: { metadata: { name: string; uid: string; resourceVersion: string } },
  options: Record<string, unknown> | undefined,
): void {
  const wanted = (options?.preconditions ?? {}) as { uid?: string; resourceVersion?: string };
  const { name, uid, resourceVersion } = object.metadata;
  const refuse = (what: string, asked: string, actual: string): never => {
    throw new KubeError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${resource} "${name}": the ${what} in the precondition (${asked}) does not match the ${what} in record (${actual}). The object might have been deleted and then recreated`,
      undefined,
      { name, kind: resource },
    );
  };
  if (wanted.uid !== undefined && wanted.uid !== uid) refuse('UID', wanted.uid, uid);
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion)
    refuse('ResourceVersion', wanted.resourceVersion, resourceVersion);
}
