import { templateHash } from '../../random';
import { type Context, newMeta } from '../context';
import { type Controller, controllerOf, isActive, isReady } from '../objects';

/** Kubernetes' default for maxSurge (rounded up) and maxUnavailable (rounded down) of a rolling update. */
const ROLLING_SHARE = 0.25;

/** One ReplicaSet for each template; a new template is rolled out by surge and room to be unavailable. */
export function reconcileDeployment(context: Context, deployment: Controller): void {
  const wanted = deployment.spec.replicas ?? 1;
  const sets = context.store
    .list<Controller>('replicasets')
    .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
  const name = `${deployment.metadata.name}-${templateHash(deployment.spec.template)}`;
  const current = sets.find((set) => set.metadata.name === name) ?? newReplicaSet(context, deployment, name);
  const old = sets.filter((set) => set !== current && (set.spec.replicas ?? 0) > 0);
  if (old.length === 0) {
    scale(context, current, wanted);
    return;
  }
  rollOut(context, current, old, wanted);
}

function rollOut(context: Context, current: Controller, old: Controller[], wanted: number): void {
  const replicas = (set: Controller): number => set.spec.replicas ?? 0;
  const total = (sets: Controller[]): number => sets.reduce((sum, set) => sum + replicas(set), 0);
  const ready = (set: Controller): number =>
    context.store.podsOf(set.metadata.uid).filter((pod) => isActive(pod) && isReady(pod)).length;
  const room = wanted + Math.ceil(wanted * ROLLING_SHARE) - total(old);
  const grown = Math.min(wanted, Math.max(replicas(current), room));
  scale(context, current, grown);
  const needed = wanted - Math.floor(wanted * ROLLING_SHARE);
  let spare = Math.min(ready(current), wanted) + total(old) - needed;
  for (const set of old) {
    const less = Math.min(Math.max(spare, 0), replicas(set));
    spare -= less;
    scale(context, set, replicas(set) - less);
  }
}

function scale(context: Context, set: Controller, replicas: number): void {
  if (set.spec.replicas !== replicas) context.store.update('replicasets', { ...set, spec: { ...set.spec, replicas } });
}

function newReplicaSet(context: Context, deployment: Controller, name: string): Controller {
  const hash = { 'pod-template-hash': name.slice(deployment.metadata.name.length + 1) };
  const { template } = deployment.spec;
  const labels = { ...template.metadata.labels, ...hash };
  return context.store.insert<Controller>('replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: newMeta(context, name, deployment.metadata.namespace, {
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: deployment.metadata.name,
          uid: deployment.metadata.uid,
          controller: true,
        },
      ],
    }),
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...deployment.spec.selector?.matchLabels, ...hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: {},
  });
}
