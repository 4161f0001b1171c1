import { instanceIdOf } from '../../autoscaler/names';
import type { RuntimeConfig, Taint } from '../../config/runtime';
import type { InstanceRecord } from '../contract';
import type { Context } from './context';
import { newNode, TAINT, UNREACHABLE } from './nodes';
import { isTerminating, type Node, type Pod, toleratedBy, withCondition } from './objects';
import type { Pods } from './pods';

/** `--node-monitor-grace-period`: how long a kubelet may be silent. */
const MONITOR_GRACE_MS = 40_000;

/** Nodes as they join, fall silent and are taken away. K3s itself never deletes a Node of a machine that is gone. */
export class NodeLifecycle {
  readonly #context: Context;
  readonly #pods: Pods;
  readonly #config: RuntimeConfig;

  constructor(context: Context, pods: Pods, config: RuntimeConfig) {
    this.#context = context;
    this.#pods = pods;
    this.#config = config;
  }

  /** The kubelet registers; the node takes no pods yet. */
  join(instance: InstanceRecord, pool: string | undefined): Node {
    const node = this.#context.store.insert('nodes', newNode(this.#context, instance, pool, this.#config));
    this.#pods.machineStarted(node.metadata.name);
    return node;
  }

  ready(name: string): void {
    const node = this.#context.store.find<Node>('nodes', name);
    if (!node || !this.#pods.hasMachine(name)) return;
    this.#write(
      node,
      'True',
      'KubeletReady',
      'kubelet is posting ready status',
      (taint) => taint.key !== TAINT.notReady.key,
      [],
    );
  }

  /** From now on nobody on it runs; the control plane learns it by the missing heartbeats. `lost` is told when it does. */
  machineStopped(name: string, lost: () => void): void {
    this.#pods.machineStopped(name);
    const uid = this.#context.store.find('nodes', name)?.metadata.uid;
    this.#context.later(MONITOR_GRACE_MS, () => {
      const node = this.#context.store.find<Node>('nodes', name);
      if (!node || node.metadata.uid !== uid) return;
      this.#write(
        node,
        'Unknown',
        'NodeStatusUnknown',
        'Kubelet stopped posting node status.',
        (taint) => taint.key !== TAINT.notReady.key,
        UNREACHABLE,
      );
      this.#markPodsNotReady(name);
      lost();
    });
  }

  /** The taint that the node lifecycle controller keeps in step with `spec.unschedulable`. */
  syncCordon(node: Node): void {
    const taints = node.spec.taints ?? [];
    const has = taints.some(({ key }) => key === TAINT.cordoned.key);
    const cordoned = node.spec.unschedulable ?? false;
    if (cordoned === has) return;
    const others = taints.filter(({ key }) => key !== TAINT.cordoned.key);
    this.#context.store.update('nodes', {
      ...node,
      spec: { ...node.spec, taints: cordoned ? [...others, TAINT.cordoned] : others },
    });
  }

  /** The taint manager: pods that do not tolerate a NoExecute taint go, after the seconds that they tolerate it. */
  enforce(node: Node): void {
    for (const taint of node.spec.taints ?? []) {
      if (taint.effect === 'NoExecute')
        for (const pod of this.#context.store.podsOn(node.metadata.name)) this.#enforceOn(pod, taint);
    }
  }

  /** A NoExecute taint meets a pod that was bound after it came. */
  enforceOnBound(pod: Pod): void {
    const node = this.#context.store.find<Node>('nodes', pod.spec.nodeName as string);
    for (const taint of node?.spec.taints ?? []) if (taint.effect === 'NoExecute') this.#enforceOn(pod, taint);
  }

  /** Pod garbage collection: with its Node a pod goes too. */
  collect(node: string): void {
    for (const pod of this.#context.store.podsOn(node)) {
      this.#pods.expectReplacement(pod);
      this.#pods.remove(pod);
    }
  }

  #enforceOn(pod: Pod, taint: Taint): void {
    const matching = (pod.spec.tolerations ?? []).filter((toleration) => toleratedBy(toleration, taint));
    const seconds = matching.map(({ tolerationSeconds }) => tolerationSeconds).filter((s) => s !== undefined);
    if (matching.length > 0 && seconds.length === 0) return;
    const wait = matching.length === 0 ? 0 : Math.max(0, Math.min(...seconds)) * 1000;
    this.#context.later(wait, () => this.#removeIfStillTainted(pod, taint));
  }

  #removeIfStillTainted({ metadata }: Pod, taint: Taint): void {
    const pod = this.#context.store.find<Pod>('pods', metadata.name, metadata.namespace);
    if (!pod || pod.metadata.uid !== metadata.uid || isTerminating(pod) || pod.spec.nodeName === undefined) return;
    const node = this.#context.store.find<Node>('nodes', pod.spec.nodeName);
    if (!node?.spec.taints?.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return;
    this.#pods.expectReplacement(pod);
    this.#pods.delete(pod);
  }

  #write(
    node: Node,
    status: 'True' | 'Unknown',
    reason: string,
    message: string,
    keeps: (taint: Taint) => boolean,
    added: Taint[],
  ): void {
    const at = this.#context.clock.now();
    this.#context.store.update<Node>('nodes', {
      ...node,
      spec: { ...node.spec, taints: [...(node.spec.taints ?? []).filter(keeps), ...added] },
      status: {
        ...node.status,
        conditions: withCondition(node.status.conditions, { type: 'Ready', status, reason, message }, at),
      },
    });
  }

  #markPodsNotReady(node: string): void {
    const at = this.#context.clock.now();
    for (const pod of this.#context.store.podsOn(node)) {
      const conditions = withCondition(pod.status.conditions, { type: 'Ready', status: 'False' }, at);
      this.#context.store.update<Pod>('pods', { ...pod, status: { ...pod.status, conditions } });
    }
  }
}

export const instanceOf = (node: Node): string | undefined => instanceIdOf(node.spec.providerID);
