import type { RuntimeConfig } from '../../config/runtime';
import type { Intent, Plan, PlanFacts, Verdict } from '../plan';
import { REASONS, type ReasonCode } from '../planning/reasons';
import { podKey } from '../planning/scheduling';
import type { Snapshot } from '../snapshot';
import { MAX_OPEN_OPERATIONS } from '../state';
import { byName, fields, listOf, Misshapen, nameOf, numberOf, objectOf, oneOf, sentence, wholeOf } from './shape';

/**
 * A plan out of JSON that somebody else wrote, field by field: whatever is executed was read here by its name.
 *
 * @throws Misshapen where it is no plan, or speaks of what the snapshot does not have
 */
export function readPlan(value: unknown, snapshot: Snapshot, config: RuntimeConfig): Plan {
  const view = snapshot.kubernetes.known ? snapshot.kubernetes.value : undefined;
  const pools = new Set(config.pools.map(({ name }) => name));
  const nodes = new Set(view?.nodes.map(({ name }) => name));
  const pods = new Set(view?.pods.map(podKey));
  const { operations, removalsBegun } = snapshot.state;
  const most: Most = {
    pods: view?.pods.length ?? 0,
    types: Math.max(0, ...config.pools.map(({ instanceTypes }) => instanceTypes.length)),
    zones: config.zones.length,
  };
  const plan = fields(value, 'plan', KEYS);
  return {
    decision: verdictOf(plan.decision, 'decision'),
    intents: listOf(plan.intents, 'intents', MOST_INTENTS, (each, path) => intentOf(each, path, most)),
    pools: byName(plan.pools, 'pools', (name) => pools.has(name), verdictOf),
    nodes: byName(plan.nodes, 'nodes', (name) => nodes.has(name), verdictOf),
    pods: byName(plan.pods, 'pods', (name) => pods.has(name), verdictOf),
    hold: plan.hold === null ? null : verdictOf(plan.hold, 'hold'),
    resume: listOf(plan.resume, 'resume', operations.length, nameOf),
    cancel: listOf(plan.cancel, 'cancel', operations.length, nameOf),
    memory: memoryOf(plan.memory, (name) => nodes.has(name), removalsBegun.length + MOST_INTENTS),
    facts: factsOf(plan.facts),
  };
}

/** Each operation that may be open begun anew, and each taken back. */
const MOST_INTENTS = 2 * MAX_OPEN_OPERATIONS;

/** How many a launch may name of each, where none is named twice. */
interface Most {
  pods: number;
  types: number;
  zones: number;
}

const KEYS = [
  'decision',
  'intents',
  'pools',
  'nodes',
  'pods',
  'hold',
  'resume',
  'cancel',
  'memory',
  'facts',
] as const satisfies readonly (keyof Plan)[];

/** What a tick says of itself, and ends by: no planner may say it. */
const NOT_PLANNED: ReadonlySet<string> = new Set(['lease-held', 'lease-lost', 'retired'] satisfies ReasonCode[]);

function verdictOf(value: unknown, path: string): Verdict {
  const { code, text } = fields(value, path, ['code', 'text']);
  return { code: codeOf(code, `${path}.code`), text: sentence(text, `${path}.text`) };
}

function codeOf(value: unknown, path: string): ReasonCode {
  const code = nameOf(value, path);
  if (!Object.hasOwn(REASONS, code)) {
    throw new Misshapen(path, value, 'a reason that the deployed version knows; deploy the one that made it up');
  }
  if (NOT_PLANNED.has(code)) throw new Misshapen(path, value, 'a reason of a plan, and not of a tick');
  return code as ReasonCode;
}

function intentOf(value: unknown, path: string, most: Most): Intent {
  const kind = oneOf(objectOf(value, path).kind, `${path}.kind`, ['launch', 'remove', 'uncordon'] as const);
  if (kind === 'launch') {
    const intent = fields(value, path, ['kind', 'pool', 'count', 'reason', 'pods'], ['types', 'zones']);
    return {
      kind,
      pool: nameOf(intent.pool, `${path}.pool`),
      count: wholeOf(intent.count, `${path}.count`),
      reason: codeOf(intent.reason, `${path}.reason`),
      pods: listOf(intent.pods, `${path}.pods`, most.pods, nameOf),
      ...('types' in intent && { types: listOf(intent.types, `${path}.types`, most.types, nameOf) }),
      ...('zones' in intent && { zones: listOf(intent.zones, `${path}.zones`, most.zones, nameOf) }),
    };
  }
  if (kind === 'remove') {
    const intent = fields(value, path, ['kind', 'node', 'instance', 'pool', 'reason']);
    return {
      kind,
      node: nameOf(intent.node, `${path}.node`),
      instance: nameOf(intent.instance, `${path}.instance`),
      pool: nameOf(intent.pool, `${path}.pool`),
      reason: codeOf(intent.reason, `${path}.reason`),
    };
  }
  const intent = fields(value, path, ['kind', 'operation', 'node']);
  return {
    kind,
    operation: nameOf(intent.operation, `${path}.operation`),
    node: nameOf(intent.node, `${path}.node`),
  };
}

/** What is learned from the snapshot alone (`allocatable`) is read by nobody: the function has learned it itself. */
function memoryOf(value: unknown, isNode: (name: string) => boolean, mostBegun: number): Plan['memory'] {
  const memory = fields(value, 'memory', ['unneededSince', 'nodeCount', 'allocatable', 'removalsBegun']);
  objectOf(memory.allocatable, 'memory.allocatable');
  return {
    unneededSince: byName(memory.unneededSince, 'memory.unneededSince', isNode, numberOf),
    nodeCount: wholeOf(memory.nodeCount, 'memory.nodeCount'),
    allocatable: {},
    removalsBegun: listOf(memory.removalsBegun, 'memory.removalsBegun', mostBegun, numberOf),
  };
}

function factsOf(value: unknown): PlanFacts {
  const facts = fields(value, 'facts', ['demand', 'pendingPods', 'cpu', 'workers', 'joining']);
  return {
    demand: wholeOf(facts.demand, 'facts.demand'),
    pendingPods: facts.pendingPods === null ? null : wholeOf(facts.pendingPods, 'facts.pendingPods'),
    cpu: facts.cpu === null ? null : numberOf(facts.cpu, 'facts.cpu'),
    workers: wholeOf(facts.workers, 'facts.workers'),
    joining: wholeOf(facts.joining, 'facts.joining'),
  };
}
