import { noticeText } from '../../src/autoscaler/notices';
import { plan } from '../../src/autoscaler/planning/planner';
import type {
  EvictionOutcome,
  FencedOutcome,
  HistoryEntry,
  LaunchOutcome,
  Ports,
  StateStore,
  TellingOutcome,
  TerminateOutcome,
} from '../../src/autoscaler/ports';
import type { Instance, Observed, Snapshot } from '../../src/autoscaler/snapshot';
import type { ClusterState } from '../../src/autoscaler/state';
import type { ClusterEvent } from '../../src/autoscaler/telling/cluster-event';
import { type Memory, newMemory } from '../../src/autoscaler/telling/memory';
import { tick } from '../../src/autoscaler/tick';
import type { RuntimeConfig } from '../../src/config/runtime';
import { config, resources } from './builders';

/** What the outside answers, call by call; each call is noted in order, the writes of the state among them. */
export interface Script {
  launch?: LaunchOutcome[];
  terminate?: TerminateOutcome[];
  cordon?: FencedOutcome[];
  deleteNode?: FencedOutcome[];
  evict?: EvictionOutcome[];
  /** Observed after a cordon; default: what the snapshot shows. */
  again?: Snapshot['kubernetes'];
  /** The save with this number (from 1) finds another epoch. */
  loseAt?: number;
  /** The cluster is retired while the tick runs: from the save with this number (from 1) on the mark is there. */
  retireAt?: number;
  wakes?: number;
  /** What whoever came meanwhile left in the item. */
  woken?: Partial<Pick<ClusterState, 'paused' | 'notices'>>;
  /** Whoever woke the holder came to retire the cluster. */
  wakerRetires?: boolean;
  /** Somebody else holds the lease. */
  heldBy?: string;
  remaining?: () => number;
  /** For invocations that share a store. */
  requestId?: string;
  /** Shared by several invocations, or failing; by default one that gives its lease to everybody. */
  store?: Partial<StateStore>;
  /** How long it takes until the sources have answered, milliseconds. */
  lookMs?: number;
  /** A bug: the adapter throws where it must answer. */
  failLaunch?: Error;
  /** Where the calls are noted; for a run that fails. */
  calls?: string[];
  /** Where the lines of the log go. */
  lines?: Record<string, unknown>[];
  config?: Partial<RuntimeConfig>;
  announce?: TellingOutcome[];
  onAnnounce?: () => void;
  clock?: Ports['clock'];
  publish?: TellingOutcome[];
  /** Of the sandbox, where it has run before. */
  memory?: Memory;
  /** What EC2 says of ids that its list lacks; by default that there are none. */
  find?: Observed<Instance[]>;
}

export interface Ran {
  result: Awaited<ReturnType<typeof tick>>;
  /** `save`, `launch <type> <zone> <token>`, `cordon <node>` … in the order in which they were made. */
  calls: string[];
  /** The state after each save. */
  saved: ClusterState[];
  state: ClusterState;
  /** Lines of the log. */
  lines: Record<string, unknown>[];
  /** Kubernetes Events, texts of the status ConfigMap and history items, as they were written. */
  told: ClusterEvent[];
  statuses: string[];
  history: HistoryEntry[];
  /** Notices that were taken out of the item. */
  used: string[];
  /** How long each look at Kubernetes might have taken, milliseconds. */
  looks: number[];
}

/** One tick over a snapshot whose state is what the store holds. */
export async function run(snapshot: Snapshot, script: Script = {}): Promise<Ran> {
  const calls = script.calls ?? [];
  const saved: ClusterState[] = [];
  const used: string[] = [];
  const lines = script.lines ?? [];
  const told: ClusterEvent[] = [];
  const statuses: string[] = [];
  const history: HistoryEntry[] = [];
  const settings = { ...config, ...script.config };
  let lookedFor = 0;
  const looks: number[] = [];
  let wakes = script.wakes ?? 0;
  let id = 0;
  const next = <T>(answers: T[] | undefined, otherwise: T): T => answers?.shift() ?? otherwise;
  const ports: Ports = {
    clock: script.clock ?? { now: () => snapshot.at + lookedFor, remaining: script.remaining ?? (() => 60_000) },
    planner: { plan: async (s) => plan(s, settings) },
    newId: () => {
      id += 1;
      return `id-${id}`;
    },
    log: (line) => lines.push(line),
    metrics: {
      observe: async () => {
        lookedFor = script.lookMs ?? 0;
        return snapshot.metrics;
      },
    },
    fleet: {
      observe: async () => snapshot.instances,
      find: async (ids, at) => {
        calls.push(`find ${ids.join(' ')}`);
        return script.find ?? { known: true, at, value: [] };
      },
      launch: async (request, token) => {
        if (script.failLaunch) throw script.failLaunch;
        calls.push(`launch ${request.instanceType} ${request.zone} ${token}`);
        return next(script.launch, {
          outcome: 'launched',
          instances: Array.from({ length: request.count }, (_, i) => `i-${i}`),
        });
      },
      terminate: async (instance) => {
        calls.push(`terminate ${instance}`);
        return next(script.terminate, { outcome: 'done' });
      },
    },
    cluster: {
      observe: async (_, withinMs) => {
        looks.push(withinMs);
        return (looks.length > 1 && script.again) || snapshot.kubernetes;
      },
      cordon: async (node, mark) => {
        calls.push(`cordon ${node.name} ${mark}`);
        return next(script.cordon, { outcome: 'done' });
      },
      uncordon: async (node) => {
        calls.push(`uncordon ${node.name}`);
        return { outcome: 'done' };
      },
      evict: async (pod) => {
        calls.push(`evict ${pod.name}`);
        return next(script.evict, { outcome: 'accepted' });
      },
      deleteNode: async (node) => {
        calls.push(`delete ${node.name}`);
        return next(script.deleteNode, { outcome: 'done' });
      },
      announce: async (event) => {
        told.push(event);
        script.onAnnounce?.();
        return next(script.announce, { outcome: 'done' });
      },
      publishStatus: async (text) => {
        statuses.push(text);
        return next(script.publish, { outcome: 'done' });
      },
    },
    memory: script.memory ?? newMemory(),
    store: {
      acquire: async () =>
        script.heldBy === undefined
          ? { held: true, epoch: 7, wake: 0, state: snapshot.state }
          : { held: false, owner: script.heldBy, until: snapshot.at + 90_000 },
      save: async (_, state, consumed = []) => {
        if (saved.length + 1 === script.loseAt) return 'lost';
        calls.push('save');
        used.push(...consumed.map(noticeText));
        saved.push(state);
        return saved.length >= (script.retireAt ?? Number.POSITIVE_INFINITY) ? 'retired' : 'saved';
      },
      release: async () => {
        calls.push('release');
        wakes -= 1;
        const retired = script.wakerRetires ?? false;
        return wakes >= 0
          ? { outcome: 'woken', wake: wakes, retired, paused: false, notices: [], ...script.woken }
          : { outcome: 'released' };
      },
      read: async () => snapshot.state,
      notify: async () => 'noted',
      pause: async () => {},
      retire: async () => {
        throw new Error('a tick never retires a cluster');
      },
      record: async (entry) => {
        lines.push({ history: entry.decision.code });
        history.push(entry);
      },
      ...script.store,
    },
  };
  const result = await tick(ports, settings, resources, { requestId: script.requestId ?? 'r-1', trigger: 'schedule' });
  return { result, calls, saved, state: saved.at(-1) ?? snapshot.state, lines, told, statuses, history, used, looks };
}
