import type { PodTemplate, WorkloadStep } from '../scenario/types';
import { EMPTY_BUDGET } from './budgets';
import { withClaims } from './claims';
import { type Context, newMeta } from './context';
import type { Budget, Controller, Pod, PodSpec, PodTemplateSpec } from './objects';
import type { Pods } from './pods';
import { cpuMilli } from './quantity';

const KINDS = {
  deployment: { resource: 'deployments', apiVersion: 'apps/v1', kind: 'Deployment' },
  statefulSet: { resource: 'statefulsets', apiVersion: 'apps/v1', kind: 'StatefulSet' },
  daemonSet: { resource: 'daemonsets', apiVersion: 'apps/v1', kind: 'DaemonSet' },
  job: { resource: 'jobs', apiVersion: 'batch/v1', kind: 'Job' },
} as const;

/** What a scenario's workloads put into the API: objects, which the controllers then take up. */
export class Workloads {
  readonly #context: Context;
  readonly #pods: Pods;
  /** By kind, namespace and name: kept while the workload has no replicas. */
  readonly #templates = new Map<string, PodTemplate>();
  /** CPU that a pod of `namespace/app` really uses, millicores, where it differs from the request. */
  readonly #usage = new Map<string, number>();

  constructor(context: Context, pods: Pods) {
    this.#context = context;
    this.#pods = pods;
  }

  /** @throws when the first mention of a workload has no `pod`. */
  apply(step: WorkloadStep): void {
    this.#ensureNamespace(step.namespace);
    const key = `${step.workload}/${step.namespace}/${step.name}`;
    const template = step.pod ?? this.#templates.get(key);
    if (!template)
      throw new Error(
        `workload ${step.workload} "${step.name}": its first mention needs "pod"; say what its pods ask for`,
      );
    this.#templates.set(key, template);
    if (step.pod) this.#noteUsage(step, step.pod);
    if (step.workload === 'pod') this.#applyPods(step, template);
    else if (step.workload === 'daemonSet') this.#applyDaemonSet(step, template);
    else this.#applyScaled(KINDS[step.workload], step, template);
    if (step.pdb) this.#applyBudget(step, step.pdb);
  }

  /** Millicores that a running pod uses. */
  usageOf(pod: Pod, requested: number): number {
    return this.#usage.get(`${pod.metadata.namespace}/${pod.metadata.labels?.app}`) ?? requested;
  }

  #noteUsage({ namespace, name }: WorkloadStep, { usage }: PodTemplate): void {
    if (usage === undefined) this.#usage.delete(`${namespace}/${name}`);
    else this.#usage.set(`${namespace}/${name}`, cpuMilli(usage));
  }

  #ensureNamespace(name: string): void {
    if (this.#context.store.find('namespaces', name)) return;
    this.#context.store.insert('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: newMeta(this.#context, name, undefined, { labels: { 'kubernetes.io/metadata.name': name } }),
      status: { phase: 'Active' },
    });
  }

  #applyScaled(
    { resource, apiVersion, kind }: (typeof KINDS)['deployment' | 'statefulSet' | 'job'],
    step: WorkloadStep,
    template: PodTemplate,
  ): void {
    const { store } = this.#context;
    const existing = store.find<Controller>(resource, step.name, step.namespace);
    const old = kind === 'Job' ? existing?.spec.parallelism : existing?.spec.replicas;
    const replicas = step.replicas ?? old ?? 1;
    const scale = kind === 'Job' ? { parallelism: replicas, completions: replicas } : { replicas };
    const spec = {
      ...scale,
      selector: { matchLabels: { app: step.name } },
      template: this.#templateSpec(step, template, kind === 'Job' ? 'Never' : 'Always'),
    };
    if (existing) store.update<Controller>(resource, { ...existing, spec });
    else
      store.insert<Controller>(resource, {
        apiVersion,
        kind,
        metadata: newMeta(this.#context, step.name, step.namespace, { labels: { app: step.name } }),
        spec,
        status: {},
      });
  }

  /** It has no replicas of its own: 0 takes it away, anything else brings it back. */
  #applyDaemonSet(step: WorkloadStep, template: PodTemplate): void {
    const { store } = this.#context;
    const existing = store.find<Controller>('daemonsets', step.name, step.namespace);
    if (step.replicas === 0) {
      if (!existing) return;
      store.delete('daemonsets', existing);
      for (const pod of store.podsOf(existing.metadata.uid)) this.#pods.delete(pod);
      return;
    }
    const spec = {
      selector: { matchLabels: { app: step.name } },
      template: this.#templateSpec(step, template),
    };
    if (existing) store.update<Controller>('daemonsets', { ...existing, spec });
    else
      store.insert<Controller>('daemonsets', {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: newMeta(this.#context, step.name, step.namespace, { labels: { app: step.name } }),
        spec,
        status: {},
      });
  }

  /** Bare pods: `name`, `name-1`, `name-2` … Nobody replaces one that is evicted; a later step with replicas does. */
  #applyPods(step: WorkloadStep, template: PodTemplate): void {
    const { store } = this.#context;
    const nameOf = (i: number): string => (i === 0 ? step.name : `${step.name}-${i}`);
    const spec = this.#templateSpec(step, template);
    const replicas = step.replicas ?? 1;
    for (let i = 0; i < replicas; i++) {
      if (!store.find('pods', nameOf(i), step.namespace)) this.#pods.create(step.namespace, nameOf(i), spec);
    }
    for (let i = replicas; ; i++) {
      const extra = store.find<Pod>('pods', nameOf(i), step.namespace);
      if (!extra) return;
      this.#pods.delete(extra);
    }
  }

  /** With its claims made, but for those of a set, whose pods come with their own. */
  #templateSpec(step: WorkloadStep, template: PodTemplate, restartPolicy = 'Always'): PodTemplateSpec {
    const { metadata, spec } = podTemplateSpec(step.name, template, restartPolicy);
    const shared = step.workload !== 'statefulSet';
    return { metadata, spec: shared ? withClaims(this.#context, step.namespace, spec) : spec };
  }

  #applyBudget(step: WorkloadStep, pdb: NonNullable<WorkloadStep['pdb']>): void {
    const { store } = this.#context;
    const spec = { ...pdb, selector: { matchLabels: { app: step.name } } };
    const existing = store.find<Budget>('poddisruptionbudgets', step.name, step.namespace);
    if (existing) store.update<Budget>('poddisruptionbudgets', { ...existing, spec });
    else {
      store.insert<Budget>('poddisruptionbudgets', {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: newMeta(this.#context, step.name, step.namespace),
        spec,
        status: EMPTY_BUDGET,
      });
    }
  }
}

/** The pod of a scenario as Kubernetes spells it: one container. */
export function podTemplateSpec(app: string, template: PodTemplate, restartPolicy: string): PodTemplateSpec {
  const { cpu, memory, hostPorts = [] } = template;
  const requests = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
  // The scenario's grammar holds Kubernetes' own shapes; what they mean is the scheduler's business.
  const spec = {
    containers: [
      {
        name: 'main',
        image: 'registry.k8s.io/pause:3.10',
        ...(Object.keys(requests).length > 0 ? { resources: { requests } } : {}),
        ...(hostPorts.length > 0
          ? { ports: hostPorts.map((port) => ({ containerPort: port, hostPort: port, protocol: 'TCP' })) }
          : {}),
      },
    ],
    restartPolicy,
    ...given('nodeSelector', template.nodeSelector),
    ...given('tolerations', template.tolerations),
    ...given('affinity', template.affinity),
    ...given('topologySpreadConstraints', template.topologySpreadConstraints),
    ...given('volumes', template.volumes),
    ...given('schedulingGates', template.schedulingGates),
    ...given('priority', template.priority),
    ...given(
      'terminationGracePeriodSeconds',
      template.gracePeriodMs === undefined ? undefined : Math.ceil(template.gracePeriodMs / 1000),
    ),
  } as unknown as PodSpec;
  return { metadata: { labels: { ...template.labels, app }, ...given('annotations', template.annotations) }, spec };
}

const given = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });
