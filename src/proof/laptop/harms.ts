import { instanceIdOf, LABEL } from '../../autoscaler/names';
import type { LaunchIntent, Plan, RemovalIntent } from '../../autoscaler/plan';
import { DO_NOT_DISRUPT } from '../../autoscaler/planning/movable';
import type { ReasonCode } from '../../autoscaler/planning/reasons';
import type { Node, Snapshot } from '../../autoscaler/snapshot';
import type { RuntimeConfig } from '../../config/runtime';
import type { Random } from '../../world/random';

/** What a planner that is wrong, or hostile, makes of an honest plan. */
export type Harm = (plan: Plan, scene: { snapshot: Snapshot; config: RuntimeConfig; random: Random }) => unknown;

const upTo = (random: Random, n: number): number => Math.floor(random.next() * (n + 1));
const oneOf = <T>(random: Random, list: readonly T[]): T | undefined => list[upTo(random, list.length - 1)];

const nodesOf = ({ kubernetes }: Snapshot): Node[] => (kubernetes.known ? kubernetes.value.nodes : []);
const operationsOf = ({ state }: Snapshot) => state.operations;
const waitingIn = ({ kubernetes }: Snapshot): string[] =>
  kubernetes.known ? kubernetes.value.pods.filter(({ nodeName }) => !nodeName).map(({ uid }) => uid) : [];

/** Workers that a person keeps, or that do not serve. */
const stayingIn = (snapshot: Snapshot): Node[] =>
  nodesOf(snapshot).filter(
    ({ labels, annotations, ready, unschedulable }) =>
      labels[LABEL.managed] === 'true' && (!ready || unschedulable || annotations[DO_NOT_DISRUPT] === 'true'),
  );

const REMOVAL_REASONS: readonly ReasonCode[] = ['cpu-low', 'cpu-low', 'rotation', 'back-to-spot', 'steady'];
const LAUNCH_REASONS: readonly ReasonCode[] = [
  'below-minimum',
  'pending-pods',
  'headroom',
  'cpu-high',
  'signal-high',
  'rotation',
  'back-to-spot',
];

const removalOf = (node: Node, random: Random): RemovalIntent => ({
  kind: 'remove',
  node: node.name,
  instance: instanceIdOf(node.providerId) ?? 'i-0',
  pool: node.labels[LABEL.pool] ?? '',
  reason: oneOf(random, REMOVAL_REASONS) as ReasonCode,
});

/** Nothing of an honest plan stands in its way. */
const removing = (plan: Plan, intents: RemovalIntent[]): Plan => ({ ...plan, hold: null, intents });

function launchOf(plan: Plan, snapshot: Snapshot, random: Random, most: number): LaunchIntent {
  const reason = oneOf(random, LAUNCH_REASONS) as ReasonCode;
  const pool = oneOf(random, [...Object.keys(plan.pools), 'burst', 'nowhere']) as string;
  return { kind: 'launch', pool, count: 1 + upTo(random, most), reason, pods: waitingIn(snapshot) };
}

const oneMore = (plan: Plan, { config }: { config: RuntimeConfig }, reason: ReasonCode): unknown => ({
  ...plan,
  intents: [{ kind: 'launch', pool: config.pools[0]?.name, count: 1, reason, pods: [] }],
});

/** By name, for whoever reads a trace. */
export const HARMS: Record<string, Harm> = {
  'nothing is done': (plan) => ({ ...plan, intents: [] }),
  'one node goes, whichever': (plan, { snapshot, random }) =>
    removing(plan, nodesOf(snapshot).length === 0 ? [] : [removalOf(oneOf(random, nodesOf(snapshot)) as Node, random)]),
  'a worker goes': (plan, { snapshot, random }) => {
    const ours = nodesOf(snapshot).filter(({ labels }) => labels[LABEL.managed] === 'true');
    return removing(
      plan,
      ours.length === 0 ? [] : [{ ...removalOf(oneOf(random, ours) as Node, random), reason: 'cpu-low' }],
    );
  },
  'a worker goes that is to stay': (plan, { snapshot, random }) => {
    const stays = stayingIn(snapshot).slice(0, 1);
    return removing(
      plan,
      stays.map((node) => ({ ...removalOf(node, random), reason: 'cpu-low' })),
    );
  },
  'all workers go': (plan, { snapshot, random }) =>
    removing(
      plan,
      nodesOf(snapshot)
        .filter(({ labels }) => labels[LABEL.managed] === 'true')
        .map((node) => ({ ...removalOf(node, random), reason: 'cpu-low' })),
    ),
  'a node goes under the name of another': (plan, { snapshot, random }) => {
    const [one, other] = nodesOf(snapshot).map((node) => removalOf(node, random));
    return removing(plan, one && other ? [{ ...other, node: one.node }] : []);
  },
  'nothing is in doubt': (plan) => ({ ...plan, hold: null }),
  'removals are held': (plan) => ({ ...plan, hold: { code: 'data-doubtful', text: 'by the laptop' } }),
  'more than is asked for': (plan, { random }) => ({
    ...plan,
    intents: plan.intents.map((intent) =>
      intent.kind === 'launch' ? { ...intent, count: intent.count + 1 + upTo(random, 8) } : intent,
    ),
  }),
  'a node for each pod': (plan, { snapshot, config }) => {
    const pods = waitingIn(snapshot);
    const pool = config.pools[0]?.name;
    return {
      ...plan,
      intents: pods.length > 0 ? [{ kind: 'launch', pool, count: pods.length, reason: 'pending-pods', pods }] : [],
    };
  },
  'a launch for any reason': (plan, { snapshot, random }) => ({
    ...plan,
    intents: [launchOf(plan, snapshot, random, 1)],
  }),
  'one more for the CPU': (plan, scene) => oneMore(plan, scene, 'cpu-high'),
  'one more for a minimum': (plan, scene) => oneMore(plan, scene, 'below-minimum'),
  'one more to go back to spot': (plan, scene) => oneMore(plan, scene, 'back-to-spot'),
  'many launches': (plan, { snapshot, random }) => ({
    ...plan,
    intents: Array.from({ length: 1 + upTo(random, 80) }, () => launchOf(plan, snapshot, random, 3)),
  }),
  'a launch beside a removal': (plan, { snapshot, config, random }) => {
    const ours = nodesOf(snapshot).filter(({ labels }) => labels[LABEL.managed] === 'true');
    const launch = { kind: 'launch', pool: config.pools[0]?.name, count: 1, reason: 'cpu-high', pods: [] };
    const going = ours.slice(-1).map((node) => ({ ...removalOf(node, random), reason: 'cpu-low' }));
    return { ...plan, hold: null, intents: [launch, ...going] };
  },
  'what the owner did not choose': (plan) => ({
    ...plan,
    intents: plan.intents.map((intent) =>
      intent.kind === 'launch' ? { ...intent, types: ['p5.48xlarge'], zones: ['us-east-1f'] } : intent,
    ),
  }),
  'all is done twice': (plan) => ({ ...plan, intents: [...plan.intents, ...plan.intents] }),
  'every launch is asked for again': (plan, { snapshot }) => ({
    ...plan,
    resume: operationsOf(snapshot).map(({ id }) => id),
  }),
  'every launch is forgotten': (plan, { snapshot }) => ({
    ...plan,
    resume: [],
    cancel: operationsOf(snapshot).map(({ id }) => id),
  }),
  'every node is taken back': (plan, { snapshot }) => ({
    ...plan,
    intents: operationsOf(snapshot).map((o) => ({
      kind: 'uncordon',
      operation: o.id,
      node: o.kind === 'removal' ? (o.node?.name ?? '') : '',
    })),
  }),
  'nodes were never needed': (plan, { snapshot }) => ({
    ...plan,
    memory: { ...plan.memory, unneededSince: Object.fromEntries(nodesOf(snapshot).map(({ name }) => [name, 0])) },
  }),
  'no removal ever began': (plan) => ({ ...plan, memory: { ...plan.memory, removalsBegun: [], nodeCount: 0 } }),
  'a field of the state': (plan) => ({ ...plan, memory: { ...plan.memory, paused: false, operations: [] } }),
  'the end of the tick': (plan) => ({ ...plan, decision: { code: 'lease-lost', text: plan.decision.text } }),
};

/** The harms that hurt most in such a moment. */
export function opportunities(snapshot: Snapshot): string[] {
  const { instances, metrics, kubernetes, state, at } = snapshot;
  const open = operationsOf(snapshot).length > 0;
  return [
    ...(!instances.known || state.paused || at < state.cooldownUntil.up ? ['one more for the CPU'] : []),
    ...(stayingIn(snapshot).length > 0 ? ['a worker goes that is to stay'] : []),
    ...(metrics.known && kubernetes.known && instances.known
      ? ['a worker goes', 'a launch beside a removal']
      : ['nothing is in doubt']),
    ...(open ? ['every launch is asked for again', 'every launch is forgotten', 'every node is taken back'] : []),
  ];
}
