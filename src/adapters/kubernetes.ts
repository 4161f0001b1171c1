import { ANNOTATION } from '../autoscaler/names';
import type { Cluster, EvictionOutcome, FencedOutcome, TellingOutcome } from '../autoscaler/ports';
import type { KubernetesView, Node, Observed, Pod } from '../autoscaler/snapshot';
import type { ClusterEvent } from '../autoscaler/telling/cluster-event';
import { describe, SourceError, toUnknown } from './errors';
import { excerpt, type HttpResponse, parseJson } from './http';
import { KubernetesApi, type KubernetesApiOptions, messageOf } from './kubernetes-api';
import { toBudgets, toDaemonSet, toNode } from './kubernetes-objects';
import { toPod } from './kubernetes-pods';
import { surroundingsOf } from './kubernetes-surroundings';
import { announce, publishStatus } from './kubernetes-telling';

export interface KubernetesOptions extends KubernetesApiOptions {
  /** For one write. */
  writeDeadlineMs?: number;
}

const PAGE = 500;

/** The cluster through its API: four lists to observe and those that pods refer to, the writes on nodes and pods, and what people are told. */
export class KubernetesCluster implements Cluster {
  readonly #api: KubernetesApi;
  readonly #options: KubernetesOptions;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    this.#api = new KubernetesApi(options);
  }

  async observe(at: number, withinMs: number): Promise<Observed<KubernetesView>> {
    const look: Look = { signal: AbortSignal.timeout(withinMs), objects: 0 };
    try {
      const [nodes, pods, budgets, daemonSets] = await Promise.all([
        this.#list('api/v1/nodes', look, toNode),
        this.#pods(look),
        this.#list('apis/policy/v1/poddisruptionbudgets', look, toBudgets),
        this.#list('apis/apps/v1/daemonsets', look, toDaemonSet),
      ]);
      return { known: true, at, value: { nodes, pods, budgets: budgets.flat(), daemonSets } };
    } catch (error) {
      return toUnknown('Kubernetes', look.signal.aborted ? tooLate(look, withinMs, error) : error);
    }
  }

  async cordon(node: Node, mark: string): Promise<FencedOutcome> {
    return this.#patchNode(node, { unschedulable: true, mark });
  }

  async uncordon(node: Node): Promise<FencedOutcome> {
    return this.#patchNode(node, { unschedulable: false, mark: null });
  }

  async evict(pod: Pod): Promise<EvictionOutcome> {
    const path = `api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/eviction`;
    try {
      return toEvictionOutcome(await this.#write('POST', path, evictionOf(pod)));
    } catch (error) {
      return { outcome: 'failed', detail: describe(error) };
    }
  }

  async deleteNode(node: { name: string; uid: string }): Promise<FencedOutcome> {
    return this.#fenced('DELETE', nodePath(node.name), {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: node.uid },
    });
  }

  async announce(event: ClusterEvent, at: number): Promise<TellingOutcome> {
    return announce((method, path, body) => this.#write(method, path, body), event, at);
  }

  async publishStatus(text: string): Promise<TellingOutcome> {
    return publishStatus((method, path, body) => this.#write(method, path, body), text);
  }

  async close(): Promise<void> {
    await this.#api.close();
  }

  async #patchNode(node: Node, change: { unschedulable: boolean; mark: string | null }): Promise<FencedOutcome> {
    return this.#fenced('PATCH', nodePath(node.name), {
      // A resourceVersion in a patch makes it conditional: 409 where somebody wrote the node since it was read.
      metadata: {
        uid: node.uid,
        resourceVersion: node.resourceVersion,
        annotations: { [ANNOTATION.operation]: change.mark },
      },
      spec: { unschedulable: change.unschedulable },
    });
  }

  async #fenced(method: 'PATCH' | 'DELETE', path: string, body: unknown): Promise<FencedOutcome> {
    try {
      const response = await this.#write(method, path, body);
      if (response.status >= 200 && response.status < 300) return { outcome: 'done' };
      if (response.status === 404) return { outcome: 'gone' };
      if (response.status === 409) return { outcome: 'conflict' };
      return { outcome: 'failed', detail: messageOf(response) };
    } catch (error) {
      return { outcome: 'failed', detail: describe(error) };
    }
  }

  async #write(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<HttpResponse> {
    const signal = AbortSignal.timeout(this.#options.writeDeadlineMs ?? 3_000);
    return this.#api.send({ method, path, body, signal });
  }

  /** Read first, understood then: only pods say whether storage and namespaces have to be listed. */
  async #pods(look: Look): Promise<Pod[]> {
    const items = await this.#list('api/v1/pods', look, (item) => item);
    const surroundings = await surroundingsOf(items, (path, convert) => this.#list(path, look, convert));
    return items.map((item) => toPod(item, surroundings));
  }

  /** All pages of a list. A page that is missing makes the view unknown: half a list of pods would free busy nodes. */
  async #list<T>(path: string, look: Look, convert: (item: unknown) => T): Promise<T[]> {
    const items: T[] = [];
    let next = '';
    do {
      const query = { limit: String(PAGE), ...(next === '' ? {} : { continue: next }) };
      const response = await this.#api.send({ method: 'GET', path, query, signal: look.signal });
      const page = pageOf(path, response, next !== '');
      look.objects += page.items.length;
      items.push(...page.items.map(convert));
      next = page.metadata?.continue ?? '';
    } while (next !== '');
    return items;
  }
}

/** One look at the cluster, all lists together. */
interface Look {
  signal: AbortSignal;
  /** Read so far. */
  objects: number;
}

/** Where something came it is the function that is slow: most of a large list's time is its own work. */
function tooLate({ objects }: Look, withinMs: number, cause: unknown): SourceError {
  const what = `not all of its lists were read within ${withinMs / 1000} s`;
  const came = `${objects} objects were; a larger function.memoryMb reads faster, a larger function.timeout waits longer`;
  return new SourceError('timeout', objects > 0 ? `${what}, ${came}` : `${what}: nothing came`, { cause });
}

interface Page {
  items: unknown[];
  metadata?: { continue?: string };
}

function pageOf(path: string, response: HttpResponse, later: boolean): Page {
  if (response.status === 410 && later) {
    throw new SourceError('incomplete', `the list ${path} changed too much while its pages were read`);
  }
  if (response.status !== 200) throw new SourceError('refused', `list of ${path}: ${messageOf(response)}`);
  const page = parseJson(`Kubernetes list ${path}`, response.body) as Page | null;
  if (!Array.isArray(page?.items)) throw new SourceError('invalid', `${path} is no list: ${excerpt(response.body)}`);
  return page;
}

const nodePath = (name: string): string => `api/v1/nodes/${encodeURIComponent(name)}`;

const evictionOf = (pod: Pod) => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name: pod.name, namespace: pod.namespace },
  // A pod of the same name that came after (StatefulSet) is somebody else.
  deleteOptions: { preconditions: { uid: pod.uid } },
});

function toEvictionOutcome(response: HttpResponse): EvictionOutcome {
  const { status } = response;
  if (status === 200 || status === 201) return { outcome: 'accepted' };
  // 409: the uid is another one, so the pod that was meant is gone.
  if (status === 404 || status === 409) return { outcome: 'gone' };
  const detail = messageOf(response);
  if (status === 429) {
    const retryAfterMs = retryAfterOf(response);
    return { outcome: 'blocked', detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  // Wording of pkg/registry/core/pod/storage/eviction.go.
  if (status === 500 && /more than one PodDisruptionBudget/i.test(detail)) return { outcome: 'misconfigured', detail };
  return { outcome: 'failed', detail };
}

function retryAfterOf(response: HttpResponse): number | undefined {
  const header = response.headers['retry-after'];
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) * 1000 : undefined;
}
