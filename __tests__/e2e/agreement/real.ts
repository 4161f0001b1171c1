import { type Node, type Pod, timestamp } from '../../../src/world/kubernetes/objects';
import { keyOf, waits } from '../../autoscaler/planning/packing/scheduler';
import type { ApiClient, ApiObject } from '../support/api';
import type { ControlPlane } from '../support/control-plane';
import { asCreated } from '../support/nodes';
import { listPath } from '../support/paths';
import { until } from '../support/until';
import { Attempts } from './attempts';
import type { Case } from './cases';
import { freshOf, triedOf } from './fresh';

/** What the real scheduler made of a case. */
export interface Outcome {
  /** The pod of each attempt, as `namespace/name`, in the order of the attempts. */
  attempts: readonly string[];
  /** Pod, as `namespace/name`, and node. */
  bound: { pod: string; node: string }[];
  /** The scheduler's words by pod, of those that it left. */
  refused: Map<string, string>;
  /** Hopeless pods that were tried beside new and empty nodes, and of these those that got one of any sort. */
  tried: number;
  taken: { pod: string; node: string }[];
}

const NAMESPACES = ['default', 'other', 'kube-system'];
const PATIENCE = { withinMs: 60_000 };

/** The real scheduler with one case after the other in front of it. */
export class RealScheduler {
  readonly #control: ControlPlane;
  readonly #end = new AbortController();
  /** The last that was told of each pod of the case. */
  readonly #pods = new Map<string, ApiObject>();
  readonly #attempts = new Attempts();
  #canaries = 0;

  constructor(control: ControlPlane) {
    this.#control = control;
    control.hearScheduler((line) => this.#attempts.heard(line));
  }

  get #api(): ApiClient {
    return this.#control.admin;
  }

  /** What all cases share: namespaces with their labels, and the priorities that pods have. */
  async prepare(): Promise<void> {
    for (const name of ['default', 'other']) {
      await this.#control.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: name } } }]);
    }
    for (const value of [100, 1000]) {
      await this.#control.create({
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: `p${value}` },
        value,
        // What a pod may push away is a question of its own: neither the plan nor the world ends others for a pod.
        preemptionPolicy: 'Never',
      });
    }
    await until('every namespace has its ServiceAccount', () => this.#accountsAreThere(), PATIENCE);
    await this.#api.watch('api/v1/pods', ({ type, object }) => this.#told(type, object), this.#end.signal);
  }

  /** Lays the case out, lets the scheduler do what it will, and clears away. */
  async run(each: Case): Promise<Outcome> {
    await this.#layOut(each);
    await this.#sees(each.objects.nodes.length);
    this.#attempts.forget();
    for (const pod of each.queue) {
      await this.#api.patch(pathOf(pod), { spec: { schedulingGates: [] } });
    }
    await this.#settled(each.queue);
    const keys = new Set(each.queue.map(keyOf));
    const attempts = this.#attempts.order.filter((key) => keys.has(key));
    const outcome = { ...this.#outcomeOf(each.queue), attempts };
    const tried = triedOf(each, new Set(outcome.refused.keys()));
    const taken = tried.length > 0 ? await this.#takenByFresh(each, tried, outcome.refused) : [];
    await this.#clear();
    return { ...outcome, tried: tried.length, taken };
  }

  close(): void {
    this.#end.abort();
  }

  /** All that wait are gated: the scheduler is to begin when all is there, and with the first of the queue. */
  async #layOut({ objects, queue }: Case): Promise<void> {
    await Promise.all(objects.nodes.map((node) => this.#control.create(creatableNode(node))));
    const there = objects.pods.filter((pod) => !waits(pod));
    await Promise.all(there.map((pod) => this.#control.create(creatablePod(pod))));
    // One after the other: of one priority the scheduler takes first what it heard of first.
    for (const pod of queue) await this.#control.create(creatablePod(pod));
  }

  /**
   * Nodes and pods come to the scheduler by two ways, so a pod may overtake nodes. A pod that fits nowhere is told how many
   * nodes were looked at, and of which taints; that it was made after the other pods, they are known by then.
   */
  async #sees(nodes: number): Promise<void> {
    const all = `0/${nodes} nodes are available: ${nodes} node(s) didn't match Pod's node affinity/selector.`;
    let message: string | undefined;
    const seen = async () => {
      const canary = canaryOf(this.#canaries++);
      await this.#control.create(canary);
      const key = `default/${canary.metadata.name}`;
      await until('the scheduler looks at the canary', () => messageOf(this.#pods.get(key)) !== undefined, {
        ...PATIENCE,
        everyMs: 2,
      });
      message = messageOf(this.#pods.get(key));
      await this.#api.delete(`${listPath(canary)}/${canary.metadata.name}`, { gracePeriodSeconds: 0 });
      return message?.startsWith(all) === true;
    };
    const failure = () => `it last said: ${message}`;
    await until(`the scheduler sees ${nodes} nodes that are ready`, seen, { ...PATIENCE, failure });
  }

  async #answered(queue: readonly Pod[]): Promise<void> {
    const isAnswered = (pod: Pod) => {
      const object = this.#pods.get(keyOf(pod));
      return object?.spec.nodeName !== undefined || messageOf(object) !== undefined;
    };
    await until('every pod has an answer', () => queue.every(isAnswered), {
      ...PATIENCE,
      everyMs: 5,
      failure: () =>
        queue
          .filter((pod) => !isAnswered(pod))
          .map(keyOf)
          .join(' '),
    });
  }

  /** Each pod has an answer, and the scheduler has nothing to do: what it refused may be tried again when others are bound. */
  async #settled(queue: readonly Pod[]): Promise<void> {
    await this.#answered(queue);
    let quiet = 0;
    await until(
      'the scheduler is at rest',
      async () => {
        quiet = (await this.#isAtRest()) ? quiet + 1 : 0;
        return quiet > 1;
      },
      { ...PATIENCE, everyMs: 10 },
    );
  }

  /** No pod is in its queues or between them and the API server's word. */
  async #isAtRest(): Promise<boolean> {
    const text = await this.#control.schedulerMetrics();
    const waiting = (queue: string) =>
      Number(new RegExp(`^scheduler_pending_pods\\{queue="${queue}"\\} (.+)$`, 'm').exec(text)?.[1]);
    const isTold = (key: string) => this.#pods.get(key)?.spec.nodeName !== undefined;
    const isIdle = waiting('active') === 0 && waiting('backoff') === 0 && this.#attempts.areOver;
    return isIdle && this.#attempts.bound.every(isTold);
  }

  /**
   * A full cluster refuses anything, so one new node of each sort is laid out beside the cluster's, and the pods are made
   * again: what was refused before would be tried again seconds later only. All others that wait are gone by then.
   */
  async #takenByFresh(
    each: Case,
    tried: readonly Pod[],
    refused: ReadonlyMap<string, string>,
  ): Promise<Outcome['taken']> {
    const waiting = each.queue.filter((pod) => refused.has(keyOf(pod)));
    await Promise.all(waiting.map((pod) => this.#api.delete(pathOf(pod), { gracePeriodSeconds: 0 })));
    const areGone = () => waiting.every((pod) => !this.#pods.has(keyOf(pod)));
    await until('the pods that wait are gone', areGone, { ...PATIENCE, everyMs: 5 });
    const fresh = freshOf(each);
    await Promise.all(fresh.map(({ node }) => this.#control.create(creatableNode(node))));
    await Promise.all(fresh.flatMap(({ daemons }) => daemons).map((pod) => this.#control.create(creatablePod(pod))));
    await this.#sees(each.objects.nodes.length + fresh.length);
    for (const pod of tried) await this.#control.create(creatablePod(pod, { gated: false }));
    await this.#answered(tried);
    return this.#outcomeOf(tried).bound;
  }

  #outcomeOf(queue: readonly Pod[]): Pick<Outcome, 'bound' | 'refused'> {
    const mine = queue.map((pod) => ({ key: keyOf(pod), object: this.#pods.get(keyOf(pod)) as ApiObject }));
    const bound = mine.filter(({ object }) => object.spec.nodeName !== undefined);
    const refused = mine.filter(({ object }) => object.spec.nodeName === undefined);
    return {
      bound: bound.map(({ key, object }) => ({ pod: key, node: object.spec.nodeName })),
      refused: new Map(refused.map(({ key, object }) => [key, messageOf(object) ?? ''])),
    };
  }

  async #clear(): Promise<void> {
    const now = { gracePeriodSeconds: 0 };
    await Promise.all(NAMESPACES.map((each) => this.#api.delete(`api/v1/namespaces/${each}/pods`, now)));
    await this.#api.delete('api/v1/nodes', now);
    await until('all pods are gone', () => this.#pods.size === 0, { ...PATIENCE, everyMs: 5 });
  }

  async #accountsAreThere(): Promise<boolean> {
    const answers = NAMESPACES.map((name) =>
      this.#api.send('GET', `api/v1/namespaces/${name}/serviceaccounts/default`),
    );
    return (await Promise.all(answers)).every(({ status }) => status === 200);
  }

  #told(type: string, object: ApiObject): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    if (type === 'DELETED') {
      this.#pods.delete(key);
      return;
    }
    this.#pods.set(key, object);
  }
}

/** Why the scheduler found no node; undefined while it has not looked, which a gated pod's condition says too. */
function messageOf(pod: ApiObject | undefined): string | undefined {
  const conditions: { type: string; status: string; reason: string; message: string }[] = pod?.status.conditions ?? [];
  return conditions.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')?.message;
}

const pathOf = ({ metadata }: Pod): string => `api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;

/**
 * Not one of KWOK's: what the scheduler decides is all that is asked, and nothing has to run. It says that it is Ready,
 * which is believed for the grace period, and a case is over by then. It says so now: the node controller knows nodes by
 * name, and one that comes again with the heartbeat of the last case's is silent to it.
 */
function creatableNode(node: Node): ApiObject {
  const created = asCreated(node as never);
  const now = timestamp(Date.now());
  const conditions = node.status.conditions.map((c) => ({ ...c, lastHeartbeatTime: now, lastTransitionTime: now }));
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
  return { ...created, status: { ...created.status, conditions, addresses } };
}

/** As a person's manifest would have it: without what only the server or a controller writes, gated where it waits. */
function creatablePod(pod: Pod, { gated = waits(pod) } = {}): ApiObject {
  const { name, namespace, labels } = pod.metadata;
  const { priority = 0, containers, ...spec } = pod.spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    // Without an owner: there is no ReplicaSet of that uid, and what has lost its owner is deleted.
    metadata: { name, namespace: namespace as string, labels: labels ?? {} },
    spec: {
      ...spec,
      containers: containers.map(({ resources, ...container }) => ({ ...container, resources: withLimits(resources) })),
      ...(priority > 0 && { priorityClassName: `p${priority}` }),
      ...(gated && { schedulingGates: [{ name: 'e2e/laid-out' }] }),
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
    },
  };
}

/** Of what cannot be overcommitted, a GPU, the limit has to be the request. */
function withLimits(resources: { requests?: Record<string, string> } = {}): object {
  const extended = Object.entries(resources.requests ?? {}).filter(([name]) => name.includes('/'));
  return { ...resources, ...(extended.length > 0 && { limits: Object.fromEntries(extended) }) };
}

/** Tolerates every taint of the cases' nodes but that of one that is not ready. */
const canaryOf = (number: number): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `canary-${number}`, namespace: 'default' },
  spec: {
    containers: [{ name: 'c', image: 'i' }],
    nodeSelector: { e2e: 'nowhere' },
    tolerations: ['dedicated', 'node-role.kubernetes.io/control-plane', 'node.kubernetes.io/unschedulable'].map(
      (key) => ({
        key,
        operator: 'Exists',
      }),
    ),
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
  },
});
