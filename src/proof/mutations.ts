import type { Part } from './parts';

/** One line of the protocol made wrong on purpose. A proof that does not see it would prove nothing. */
export interface Mutation {
  name: string;
  /** In the checkout. */
  file: string;
  /** Found exactly once, or it is an error: code that moved on must take its mutation with it. */
  find: string;
  replace: string;
  /** The part that shall catch it. */
  part: Part;
  /** What the line protects from. */
  why: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'no epoch in the condition of a write',
    file: 'src/adapters/dynamodb.ts',
    find: "const HOLDER = '#epoch = :epoch AND attribute_exists(#owner)';",
    replace: "const HOLDER = '(attribute_exists(#epoch) OR #epoch = :epoch) AND attribute_exists(#owner)';",
    part: 'interleavings',
    why: 'a sandbox that wakes late writes over its successor',
  },
  {
    name: 'a lease may be taken while it is held',
    file: 'src/adapters/dynamodb.ts',
    find: "ConditionExpression: 'attribute_not_exists(#until) OR #until < :now OR #owner = :me',",
    replace: "ConditionExpression: 'attribute_not_exists(#until) OR #until < :until OR #owner = :me',",
    part: 'interleavings',
    why: 'two invocations act at once',
  },
  {
    name: 'the lease is freed without a look at the mark',
    file: 'src/adapters/dynamodb.ts',
    find: '`${HOLDER} AND (#wake = :seen OR (attribute_not_exists(#wake) AND :seen = :never))`',
    replace: '`${HOLDER} AND (attribute_exists(#epoch) OR #wake = :seen OR :seen = :never)`',
    part: 'interleavings',
    why: 'a wake-up is lost',
  },
  {
    name: 'a lease shorter than the function',
    file: 'src/autoscaler/lease.ts',
    find: 'leaseMs: config.functionTimeoutMs + LEASE_MARGIN_MS,',
    replace: 'leaseMs: 5_000 + 0 * LEASE_MARGIN_MS,',
    part: 'interleavings',
    why: 'a slow holder is taken over while it acts',
  },
  {
    name: 'the client token is random',
    file: 'src/autoscaler/operations/launch.ts',
    find: '.update(`${operation.id}/${operation.attempt}`)',
    replace: '.update(`${operation.id}/${operation.attempt}/${Math.random()}`)',
    part: 'crash',
    why: 'a launch whose answer was lost is made twice',
  },
  {
    name: 'the client token is without the attempt',
    file: 'src/autoscaler/operations/launch.ts',
    find: '.update(`${operation.id}/${operation.attempt}`)',
    replace: '.update(`${operation.id}`)',
    part: 'crash',
    why: 'the next offering is asked for with a used token',
  },
  {
    name: 'nothing is stored before a launch',
    file: 'src/autoscaler/tick.ts',
    find: 'await session.commit(commit(snapshot, plan, config, resources, ports.newId));',
    replace: 'Object.assign(session, { current: commit(snapshot, plan, config, resources, ports.newId) });',
    part: 'crash',
    why: 'a launch is forgotten with its invocation',
  },
  {
    name: 'an unknown outcome goes on to the next offering',
    file: 'src/autoscaler/operations/launch-steps.ts',
    find: 'did(`launch of ${what} has no known outcome (${answer.detail}); the same attempt is made again by the next tick`);\n    return undefined;',
    replace: 'return advance(context, operation, answer.detail);',
    part: 'crash',
    why: 'what may have been launched is launched elsewhere too',
  },
  {
    name: 'no adoption by tag',
    file: 'src/autoscaler/operations/launch-progress.ts',
    find: 'shown.filter((instance) => instance.operation === operation.id && isAlive(instance)).map(({ id }) => id);',
    replace: 'shown.filter(() => operation.id === "").map(({ id }) => id);',
    part: 'crash',
    why: 'an instance whose launch was never answered is nobody’s',
  },
  {
    name: 'the Node is deleted before its instance is gone',
    file: 'src/autoscaler/operations/terminate.ts',
    find: "} else if (instance?.state !== 'shutting-down') await deleteNode(context, operation);",
    replace: '} else await deleteNode(context, operation);',
    part: 'crash',
    why: 'a kubelet that still runs loses its Node',
  },
  {
    name: 'terminated without reading the tags again',
    file: 'src/adapters/ec2.ts',
    find: "if (foreign !== undefined) return { outcome: 'foreign', detail: `${instanceId} ${foreign}` };",
    replace: '',
    part: 'crash',
    why: 'a machine that a person took over is terminated',
  },
  {
    name: 'terminated while pods run on it',
    file: 'src/autoscaler/operations/terminate.ts',
    find: 'const pods = node?.ready ? awaited(evictable(fresh.value, node.name), context.snapshot.at) : [];',
    replace: 'const pods: Pod[] = [];',
    part: 'crash',
    why: 'pods die with their node',
  },
  {
    name: 'any cordon is taken for ours',
    file: 'src/autoscaler/planning/fleet-view.ts',
    find: 'if (mark === undefined) return false;',
    replace: 'if (mark === undefined) return node.unschedulable;',
    part: 'crash',
    why: 'a person’s cordon is taken back',
  },
  {
    name: 'a forgotten cordon stays',
    file: 'src/autoscaler/operations/execute.ts',
    find: '  await sweepCordons(context);\n',
    replace: '',
    part: 'crash',
    why: 'a node takes no pods for ever',
  },
  {
    name: 'evicted without asking the budget',
    file: 'src/adapters/kubernetes.ts',
    find: "return toEvictionOutcome(await this.#write('POST', path, evictionOf(pod)));",
    replace: "return toEvictionOutcome(await this.#write('DELETE', path.replace('/eviction', ''), evictionOf(pod)));",
    part: 'crash',
    why: 'a budget is violated',
  },
  {
    name: 'the lease is kept by who fails',
    file: 'src/autoscaler/lease.ts',
    find: 'await releaseAnyway(store, epoch, seenWake).catch(() => {});',
    replace: '',
    part: 'crash',
    why: 'the next tick finds it held',
  },
];
