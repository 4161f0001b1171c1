import { plan } from '../../src/autoscaler/planning/planner';
import type {
  EvictionOutcome,
  FencedOutcome,
  LaunchOutcome,
  Ports,
  TerminateOutcome,
} from '../../src/autoscaler/ports';
import type { Snapshot } from '../../src/autoscaler/snapshot';
import type { ClusterState } from '../../src/autoscaler/state';
import { tick } from '../../src/autoscaler/tick';
import { config, resources } from './builders';

/** What the outside answers, call by call; each call is noted in order, the writes of the state among them. */
export interface Script {
  launch?: LaunchOutcome[];
  terminate?: TerminateOutcome[];
  cordon?: FencedOutcome[];
  evict?: EvictionOutcome[];
  /** Observed after a cordon; default: what the snapshot shows. */
  again?: Snapshot['kubernetes'];
  /** The save with this number (from 1) finds another epoch. */
  loseAt?: number;
  wakes?: number;
  remaining?: () => number;
  /** A bug: the adapter throws where it must answer. */
  failLaunch?: Error;
  /** Where the calls are noted; for a run that fails. */
  calls?: string[];
}

export interface Ran {
  result: Awaited<ReturnType<typeof tick>>;
  /** `save`, `launch <type> <zone> <token>`, `cordon <node>` … in the order in which they were made. */
  calls: string[];
  /** The state after each save. */
  saved: ClusterState[];
  state: ClusterState;
}

/** One tick over a snapshot whose state is what the store holds. */
export async function run(snapshot: Snapshot, script: Script = {}): Promise<Ran> {
  const calls = script.calls ?? [];
  const saved: ClusterState[] = [];
  let observed = 0;
  let wakes = script.wakes ?? 0;
  let id = 0;
  const next = <T>(answers: T[] | undefined, otherwise: T): T => answers?.shift() ?? otherwise;
  const ports: Ports = {
    clock: { now: () => snapshot.at, remaining: script.remaining ?? (() => 60_000) },
    planner: { plan: async (s) => plan(s, config) },
    newId: () => {
      id += 1;
      return `id-${id}`;
    },
    log: () => {},
    metrics: { observe: async () => snapshot.metrics },
    fleet: {
      observe: async () => snapshot.instances,
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
      observe: async () => {
        observed += 1;
        return (observed > 1 && script.again) || snapshot.kubernetes;
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
        return { outcome: 'done' };
      },
    },
    store: {
      acquire: async () => ({ held: true, epoch: 7, wake: 0, state: snapshot.state }),
      save: async (_, state) => {
        if (saved.length + 1 === script.loseAt) return 'lost';
        calls.push('save');
        saved.push(state);
        return 'saved';
      },
      release: async () => {
        calls.push('release');
        wakes -= 1;
        return wakes >= 0 ? { outcome: 'woken', wake: wakes } : { outcome: 'released' };
      },
      record: async () => {},
    },
  };
  const result = await tick(ports, config, resources, { requestId: 'r-1', trigger: 'schedule' });
  return { result, calls, saved, state: saved.at(-1) ?? snapshot.state };
}
