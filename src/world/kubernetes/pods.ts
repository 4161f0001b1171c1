import type { KubeMeta } from '../contract';
import { type Context, newMeta } from './context';
import {
  type Controller,
  controllerOf,
  isTerminating,
  type Pod,
  type PodTemplateSpec,
  type Toleration,
  timestamp,
  withCondition,
} from './objects';

/** Containers that get SIGTERM end well before their grace period is over, this long after at most. */
const STOP_MS = 2000;
const DEFAULT_GRACE_SECONDS = 30;

/** The admission plug-in DefaultTolerationSeconds gives these to every pod. */
const DEFAULT_TOLERATIONS: Toleration[] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map(
  (key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }),
);

/** A pod's life from creation to its end: admission, kubelet, deletion. */
export class Pods {
  readonly #context: Context;
  readonly #startMs: number;
  /** Nodes whose kubelet runs. */
  readonly #machines = new Set<string>();
  /** By controller: pods that were evicted or lost, for which a replacement is still to come. */
  readonly #lost = new Map<string, string[]>();
  #addresses = 0;

  constructor(context: Context, startMs: number) {
    this.#context = context;
    this.#startMs = startMs;
  }

  create(namespace: string, name: string, template: PodTemplateSpec, owner?: Controller): Pod {
    const context = this.#context;
    const pod = context.store.insert<Pod>('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: newMeta(context, name, namespace, podMeta(template, owner)),
      ...admit(template, context.clock.now()),
    });
    this.#tellCreated(pod, owner);
    return pod;
  }

  /** A pod that somebody sent to the API as it is. */
  admit(body: Record<string, unknown>, meta: KubeMeta): Pod {
    const template = { metadata: { labels: meta.labels ?? {} }, spec: body.spec } as PodTemplateSpec;
    const pod = this.#context.store.insert<Pod>('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta,
      ...admit(template, this.#context.clock.now()),
    });
    this.#tellCreated(pod, undefined);
    return pod;
  }

  /** The kubelet of its node starts it. */
  bound(pod: Pod): void {
    if (this.#context.isWorkload(pod)) this.#tell('pod-bound', pod);
    this.#context.later(this.#startMs, () => this.#start(pod));
  }

  /**
   * Deletes as the API server does: a pod on a living node gets its grace period, one on a dead node stays until its
   * Node is deleted, one on no node goes at once.
   */
  delete(pod: Pod, options: { grace?: number } = {}): Pod {
    const grace = options.grace ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    if (pod.spec.nodeName === undefined || grace === 0) {
      this.remove(pod);
      return pod;
    }
    if (isTerminating(pod)) return pod;
    const at = this.#context.clock.now();
    const marked = this.#context.store.update<Pod>('pods', {
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp: timestamp(at + grace * 1000), deletionGracePeriodSeconds: grace },
    });
    this.#context.later(Math.min(grace * 1000, STOP_MS), () => {
      const now = this.#current(pod);
      if (now && this.runsOn(now)) this.remove(now);
    });
    return marked;
  }

  /** Takes the object away. */
  remove(pod: Pod): void {
    this.#context.store.delete('pods', pod);
    if (this.#context.isWorkload(pod)) this.#tell('pod-deleted', pod);
  }

  /** The next pod of its controller will stand in for it. */
  expectReplacement(pod: Pod): void {
    const owner = controllerOf(pod);
    if (!owner || isTerminating(pod)) return;
    const lost = this.#lost.get(owner.uid) ?? [];
    lost.push(pod.metadata.uid);
    this.#lost.set(owner.uid, lost);
  }

  /** The controller has all the pods that it wants: nothing is to be replaced any more. */
  complete(owner: Controller): void {
    this.#lost.delete(owner.metadata.uid);
  }

  machineStarted(node: string): void {
    this.#machines.add(node);
  }

  machineStopped(node: string): void {
    this.#machines.delete(node);
  }

  hasMachine(node: string): boolean {
    return this.#machines.has(node);
  }

  /** Its node's machine is on, whatever the API says of it. */
  runsOn(pod: Pod): boolean {
    return pod.spec.nodeName !== undefined && this.#machines.has(pod.spec.nodeName);
  }

  #start(bound: Pod): void {
    const pod = this.#current(bound);
    if (!pod || isTerminating(pod) || !this.runsOn(pod)) return;
    const { clock, store } = this.#context;
    let { conditions } = pod.status;
    for (const type of ['Initialized', 'PodReadyToStartContainers', 'ContainersReady', 'Ready'])
      conditions = withCondition(conditions, { type, status: 'True' }, clock.now());
    const status: Pod['status'] = {
      ...pod.status,
      phase: 'Running',
      conditions,
      podIP: this.#nextAddress(),
      startTime: timestamp(clock.now()),
    };
    const running = store.update<Pod>('pods', { ...pod, status });
    if (this.#context.isWorkload(running)) this.#tell('pod-running', running);
  }

  #current(pod: Pod): Pod | undefined {
    const now = this.#context.store.find<Pod>('pods', pod.metadata.name, pod.metadata.namespace);
    return now?.metadata.uid === pod.metadata.uid ? now : undefined;
  }

  #tellCreated(pod: Pod, owner: Controller | undefined): void {
    const replaces = owner && this.#lost.get(owner.metadata.uid)?.shift();
    if (!this.#context.isWorkload(pod)) return;
    const { name, uid } = pod.metadata;
    this.#context.emit({
      at: this.#context.clock.now(),
      kind: 'pod-created',
      pod: name,
      uid,
      ...(replaces === undefined ? {} : { replaces }),
    });
  }

  #tell(kind: 'pod-bound' | 'pod-running' | 'pod-deleted', pod: Pod): void {
    const { name, uid } = pod.metadata;
    const node = pod.spec.nodeName;
    this.#context.emit({
      at: this.#context.clock.now(),
      kind,
      pod: name,
      uid,
      ...(node === undefined ? {} : { node }),
    });
  }

  /** Of K3s' cluster CIDR. */
  #nextAddress(): string {
    const n = this.#addresses++;
    return `10.42.${Math.floor(n / 250) % 256}.${2 + (n % 250)}`;
  }
}

function podMeta({ metadata }: PodTemplateSpec, owner: Controller | undefined): Partial<KubeMeta> {
  const { apiVersion, kind } = owner ?? {};
  return {
    labels: { ...metadata.labels },
    ...(metadata.annotations ? { annotations: { ...metadata.annotations } } : {}),
    ...(owner
      ? {
          ownerReferences: [
            {
              apiVersion: apiVersion as string,
              kind: kind as string,
              name: owner.metadata.name,
              uid: owner.metadata.uid,
              controller: true,
            },
          ],
        }
      : {}),
  };
}

function admit({ spec }: PodTemplateSpec, at: number): Pick<Pod, 'spec' | 'status'> {
  const own = spec.tolerations ?? [];
  const added = DEFAULT_TOLERATIONS.filter(
    (given) =>
      !own.some(
        ({ key, effect, operator }) =>
          (key === given.key || (!key && operator === 'Exists')) && (!effect || effect === 'NoExecute'),
      ),
  );
  const gated = Boolean(spec.schedulingGates?.length);
  const conditions = spec.nodeName
    ? withCondition([], { type: 'PodScheduled', status: 'True' }, at)
    : gated
      ? withCondition(
          [],
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'SchedulingGated',
            message: 'Scheduling is blocked due to non-empty scheduling gates',
          },
          at,
        )
      : [];
  return {
    spec: {
      priority: 0,
      terminationGracePeriodSeconds: DEFAULT_GRACE_SECONDS,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      ...spec,
      tolerations: [...own, ...added],
    },
    status: {
      phase: 'Pending',
      conditions,
      qosClass: spec.containers.some((c) => c.resources?.requests) ? 'Burstable' : 'BestEffort',
    },
  };
}
