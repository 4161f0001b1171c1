import type { KubeObject } from '../contract';
import type { Budgets } from './budgets';
import { provision } from './claims';
import type { Context } from './context';
import { reconcileDaemonSet } from './controllers/daemon-set';
import { reconcileDeployment } from './controllers/deployment';
import { reconcileReplicas } from './controllers/replicas';
import { reconcileStatefulSet } from './controllers/stateful-set';
import type { NodeLifecycle } from './node-lifecycle';
import { type Controller, controllerOf, isActive, type Node, type Pod } from './objects';
import type { Pods } from './pods';
import { Scheduler } from './scheduler/scheduler';
import type { Change } from './store';

/** More rounds than any chain of controllers needs; beyond it two of them fight. */
const MAX_ROUNDS = 10_000;

const RESOURCE_OF: Record<string, string> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Job: 'jobs',
};
const CONTROLLERS = new Set(Object.values(RESOURCE_OF));

/** What has changed since the controllers looked last, and the loop that works it off. Nothing changed, nothing done. */
export class ControlLoop {
  readonly #context: Context;
  readonly #pods: Pods;
  readonly #nodes: NodeLifecycle;
  readonly #budgets: Budgets;
  readonly #scheduler: Scheduler;
  /** `resource/namespace/name` of controllers to reconcile. */
  readonly #controllers = new Set<string>();
  /** Namespaces whose budgets are out of date. */
  readonly #namespaces = new Set<string>();
  readonly #taintedNodes = new Set<string>();
  readonly #goneNodes = new Set<string>();
  readonly #boundPods: Pod[] = [];
  /** Unbound pods, `namespace/name`, in the order of creation. */
  readonly #pending = new Set<string>();
  #schedule = false;
  #settling = false;

  constructor(context: Context, pods: Pods, nodes: NodeLifecycle, budgets: Budgets) {
    this.#context = context;
    this.#pods = pods;
    this.#nodes = nodes;
    this.#budgets = budgets;
    this.#scheduler = new Scheduler(context, (pod) => {
      provision(context, pod);
      this.#pods.bound(pod);
      this.#boundPods.push(pod);
    });
  }

  noticed({ resource, before, after }: Change): void {
    const object = (after ?? before) as KubeObject;
    if (resource === 'pods') this.#noticedPod(before as Pod | undefined, after as Pod | undefined);
    else if (resource === 'nodes') this.#noticedNode(before as Node | undefined, after as Node | undefined);
    else if (resource === 'poddisruptionbudgets') {
      if (before?.spec !== after?.spec) this.#namespaces.add(object.metadata.namespace as string);
    } else if (CONTROLLERS.has(resource)) this.#noticedController(resource, object);
    else if (resource.startsWith('persistentvolume')) this.#schedule = true;
  }

  /** Until nobody has anything left to do. */
  settle(): void {
    // A controller's own writes are worked off by the loop that called it.
    if (this.#settling) return;
    this.#settling = true;
    try {
      let rounds = 0;
      while (this.#step())
        if (++rounds > MAX_ROUNDS) throw new Error('world: the controllers do not settle; two of them undo each other');
    } finally {
      this.#settling = false;
    }
  }

  #step(): boolean {
    const work =
      one(this.#goneNodes, (name) => this.#nodes.collect(name)) ||
      one(this.#taintedNodes, (name) => this.#syncNode(name)) ||
      one(this.#controllers, (key) => this.#reconcile(key));
    if (work) return true;
    if (this.#schedule) {
      this.#schedule = false;
      this.#scheduler.pass(this.#pending);
      return true;
    }
    const bound = this.#boundPods.splice(0);
    for (const pod of bound) this.#nodes.enforceOnBound(pod);
    const namespaces = [...this.#namespaces];
    this.#namespaces.clear();
    for (const namespace of namespaces) this.#budgets.refresh(namespace);
    return bound.length > 0;
  }

  #syncNode(name: string): void {
    const node = this.#context.store.find<Node>('nodes', name);
    if (!node) return;
    this.#nodes.syncCordon(node);
    this.#nodes.enforce(node);
  }

  #reconcile(key: string): void {
    const [resource, namespace, name] = key.split('/') as [string, string, string];
    const { store } = this.#context;
    const controller = store.find<Controller>(resource, name, namespace);
    if (!controller) return;
    if (resource === 'deployments') reconcileDeployment(this.#context, controller);
    else if (resource === 'statefulsets') reconcileStatefulSet(this.#context, this.#pods, controller);
    else if (resource === 'daemonsets') reconcileDaemonSet(this.#context, this.#pods, controller);
    else reconcileReplicas(this.#context, this.#pods, controller);
  }

  #noticedPod(before: Pod | undefined, after: Pod | undefined): void {
    const pod = (after ?? before) as Pod;
    const { name, namespace } = pod.metadata;
    const waits = after !== undefined && after.spec.nodeName === undefined && isActive(after);
    if (waits) this.#pending.add(`${namespace}/${name}`);
    else this.#pending.delete(`${namespace}/${name}`);
    this.#schedule ||= opensScheduling(before, after);
    this.#namespaces.add(namespace as string);
    const owner = controllerOf(pod);
    const resource = owner && RESOURCE_OF[owner.kind];
    // A new condition of a pod that is still there changes nothing for a ReplicaSet, but does for an ordered set and a rollout.
    if (resource) this.#controllers.add(`${resource}/${namespace}/${owner.name}`);
    const above =
      resource === 'replicasets' ? this.#context.store.find(resource, owner?.name ?? '', namespace) : undefined;
    const deployment = above && controllerOf(above);
    if (deployment) this.#controllers.add(`deployments/${namespace}/${deployment.name}`);
  }

  #noticedNode(before: Node | undefined, after: Node | undefined): void {
    const node = (after ?? before) as Node;
    this.#schedule = true;
    if (!after) this.#goneNodes.add(node.metadata.name);
    else if (before?.spec !== after.spec) this.#taintedNodes.add(node.metadata.name);
    for (const set of this.#context.store.list('daemonsets')) this.#noticedController('daemonsets', set);
  }

  #noticedController(resource: string, object: KubeObject): void {
    const { name, namespace } = object.metadata;
    this.#controllers.add(`${resource}/${namespace}/${name}`);
    const owner = controllerOf(object);
    if (owner) this.#controllers.add(`${RESOURCE_OF[owner.kind]}/${namespace}/${owner.name}`);
    this.#namespaces.add(namespace as string);
  }
}

/** A new pod to place, a gate lifted, or room made; a pod that was only bound or started opens nothing. */
function opensScheduling(before: Pod | undefined, after: Pod | undefined): boolean {
  if (!after) return before?.spec.nodeName !== undefined;
  if (!before) return after.spec.nodeName === undefined;
  return after.spec.nodeName === undefined && before.spec !== after.spec;
}

/** Works off the oldest entry; false: there was none. */
function one(set: Set<string>, work: (entry: string) => void): boolean {
  for (const entry of set) {
    set.delete(entry);
    work(entry);
    return true;
  }
  return false;
}
