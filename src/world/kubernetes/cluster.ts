import type { RuntimeConfig } from '../../config/runtime';
import { KubeError, type KubeObject, type KubernetesModel, type VirtualClock, type WorldEvent } from '../contract';
import { Random } from '../random';
import { Api } from './api';
import { Budgets } from './budgets';
import type { Context } from './context';
import { ControlLoop } from './control-loop';
import { admitEviction, checkPreconditions } from './eviction';
import { instanceOf, NodeLifecycle } from './node-lifecycle';
import { controllerOf, isTerminating, type Node, type Pod } from './objects';
import { Pods } from './pods';
import { type Change, Store } from './store';
import { installSystem } from './system';
import { Workloads } from './workloads';

export interface ClusterOptions {
  seed: number;
  config: RuntimeConfig;
  podStartMs: number;
  clock: VirtualClock;
  emit(event: WorldEvent): void;
}

/** The control plane: an API in front of a store, and controllers that have done all their work when a call returns. */
export class Cluster implements KubernetesModel {
  readonly store: Store;
  readonly pods: Pods;
  readonly nodes: NodeLifecycle;
  readonly workloads: Workloads;
  readonly #budgets: Budgets;
  readonly #api: Api;
  readonly #loop: ControlLoop;
  readonly #context: Context;
  #system = new Set<string>();
  readonly #watchers: ((change: Change) => void)[] = [];

  constructor({ seed, config, podStartMs, clock, emit }: ClusterOptions) {
    this.store = new Store((change) => this.#changed(change));
    const context: Context = {
      clock,
      store: this.store,
      uids: new Random(seed, 'uids'),
      suffixes: new Random(seed, 'pod names'),
      emit,
      later: (delayMs, run) => {
        clock.schedule(clock.now() + delayMs, () => this.act(run));
      },
      isWorkload: (pod) => !this.#system.has(controllerOf(pod)?.uid ?? ''),
    };
    this.#context = context;
    this.pods = new Pods(context, podStartMs);
    this.nodes = new NodeLifecycle(context, this.pods, config);
    this.workloads = new Workloads(context, this.pods);
    this.#budgets = new Budgets(context);
    this.#loop = new ControlLoop(context, this.pods, this.nodes, this.#budgets);
    this.#api = new Api(context, this.pods);
  }

  /** Installs the system, and runs `put`, which makes the nodes that are older than the world. */
  bootstrap(put: () => void): void {
    this.#system = installSystem(this.#context);
    this.act(put);
  }

  /** Told of every write, as it happens; must not write. */
  watch(watcher: (change: Change) => void): void {
    this.#watchers.push(watcher);
  }

  isWorkload(pod: Pod): boolean {
    return this.#context.isWorkload(pod);
  }

  isSystem(pod: Pod): boolean {
    return !this.isWorkload(pod);
  }

  /** A change of the world, after which the controllers settle. */
  act<T>(change: () => T): T {
    const result = change();
    this.#loop.settle();
    return result;
  }

  later(delayMs: number, run: () => void): void {
    this.#context.later(delayMs, run);
  }

  /** The same as `act`, and tells of budgets whose healthy pods it took below what they want. */
  disrupt<T>(by: string, change: () => T): T {
    const before = this.#health();
    const result = this.act(change);
    for (const [key, { name, healthy, desired }] of this.#health()) {
      const was = before.get(key)?.healthy ?? healthy;
      if (healthy < desired && healthy < was)
        this.#context.emit({ at: this.#context.clock.now(), kind: 'pdb-violated', pdb: name, healthy, desired, by });
    }
    return result;
  }

  list(
    resource: string,
    options: { namespace?: string; fieldSelector?: string; labelSelector?: string } = {},
  ): { resourceVersion: string; items: KubeObject[] } {
    return this.#api.list(resource, options);
  }

  get(resource: string, name: string, namespace?: string): KubeObject {
    return this.store.get(resource, name, namespace);
  }

  create(resource: string, object: Record<string, unknown>, namespace?: string): KubeObject {
    return this.act(() => this.#api.create(resource, object, namespace));
  }

  patch(resource: string, name: string, patch: unknown, contentType: string, namespace?: string): KubeObject {
    return this.act(() => this.#api.patch(resource, name, patch, contentType, namespace));
  }

  replace(resource: string, name: string, object: Record<string, unknown>, namespace?: string): KubeObject {
    return this.act(() => this.#api.replace(resource, name, object, namespace));
  }

  remove(resource: string, name: string, options: Record<string, unknown> = {}, namespace?: string): KubeObject {
    const object = this.store.get(resource, name, namespace);
    checkPreconditions(resource, object, options);
    if (resource === 'nodes')
      return this.disrupt(`delete node ${name}`, () => this.#api.remove(resource, object, options));
    return this.act(() => this.#api.remove(resource, object, options));
  }

  evict(namespace: string, name: string, body: Record<string, unknown>): KubeObject {
    const pod = this.store.get<Pod>('pods', name, namespace);
    const options = body.deleteOptions as Record<string, unknown> | undefined;
    // The budget is asked first: a pod of that name but of another uid may be refused with 429 too.
    admitEviction(pod, this.#budgets.covering(pod));
    checkPreconditions('pods', pod, options);
    this.disrupt(`evict pod ${name}`, () => this.#evict(pod, options));
    return { apiVersion: 'v1', kind: 'Status', status: 'Success', code: 201, metadata: {} } as unknown as KubeObject;
  }

  /** @throws KubeError 404 where no node has that name. */
  node(name: string): Node {
    const node = this.store.find<Node>('nodes', name);
    if (!node) throw new KubeError(404, 'NotFound', `nodes "${name}" not found`);
    return node;
  }

  #evict(pod: Pod, options: Record<string, unknown> | undefined): void {
    const { name, uid } = pod.metadata;
    if (!isTerminating(pod) && pod.spec.nodeName !== undefined && this.#context.isWorkload(pod)) {
      this.#context.emit({
        at: this.#context.clock.now(),
        kind: 'pod-evicted',
        pod: name,
        uid,
        node: pod.spec.nodeName,
      });
    }
    this.pods.expectReplacement(pod);
    const grace = options?.gracePeriodSeconds;
    this.pods.delete(pod, typeof grace === 'number' ? { grace } : {});
  }

  #health(): ReturnType<Budgets['health']> {
    return this.#budgets.health((pod) => this.pods.runsOn(pod));
  }

  #changed(change: Change): void {
    this.#loop.noticed(change);
    for (const watcher of this.#watchers) watcher(change);
    if (change.resource === 'nodes')
      this.#tellOfNode(change.before as Node | undefined, change.after as Node | undefined);
  }

  #tellOfNode(before: Node | undefined, after: Node | undefined): void {
    const node = (after ?? before) as Node;
    const instance = instanceOf(node);
    const tell = (kind: 'node-cordoned' | 'node-uncordoned' | 'node-deleted'): void =>
      this.#context.emit({
        at: this.#context.clock.now(),
        kind,
        node: node.metadata.name,
        ...(instance === undefined ? {} : { instance }),
      });
    if (!after) {
      tell('node-deleted');
      return;
    }
    const [was, is] = [before?.spec.unschedulable ?? false, after.spec.unschedulable ?? false];
    if (was !== is) tell(is ? 'node-cordoned' : 'node-uncordoned');
  }
}
