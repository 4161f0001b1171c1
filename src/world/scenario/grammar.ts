import { z } from 'zod';
import { parseDuration } from '../../config/durations';
import { parseExpectation } from './expect';
import { isQuantity } from './quantities';

/**
 * The words of a scenario file, whole and strict. This says what may be written; `parse.ts` makes a `Scenario` of it.
 * A rule's message ends with its fix after a semicolon: the reader of the error needs both.
 */

/** An object with these words and no others; the error names them. */
function words<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return `is an unknown word; use one of: ${known}`;
      return `must be a mapping; give some of: ${known}`;
    },
  });
}

const text = z.string({ error: 'must be text; put it in quotes' }).min(1, 'must not be empty; give it a text');
const wholeNumber = (min: number) =>
  z
    .int({ error: `must be a whole number; write ${min} or more` })
    .min(min, `must be at least ${min}; write ${min} or more`);

const DURATION_RULE = 'must be a duration; write it like 90s, 15m, 1h30m, 7d or 0m';
const duration = z.string({ error: DURATION_RULE }).transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: DURATION_RULE });
  return z.NEVER;
});
const positiveDuration = duration.refine((ms) => ms > 0, 'must be longer than nothing; write it like 30s or 2m');

const QUANTITY_RULE = 'must be a Kubernetes quantity; write it like 250m, 2, 128Mi or 1Gi';
const quantity = z
  .union([z.string(), z.number()], { error: QUANTITY_RULE })
  .transform(String)
  .refine(isQuantity, QUANTITY_RULE);

const stringMap = z.record(
  z.string(),
  z.string({ error: 'must be text, as Kubernetes wants it; put the value in quotes' }),
  {
    error: 'must be a mapping of text to text; write it like { tier: front }',
  },
);
const anyMapping = z.record(z.string(), z.unknown(), { error: 'must be a mapping; write it like { key: value }' });
const list = <T extends z.ZodType>(of: T) =>
  z.array(of, { error: 'must be a list; write it like [ … ] or with dashes' });

const podShape = {
  cpu: quantity.optional(),
  memory: quantity.optional(),
  usage: quantity.optional(),
  labels: stringMap.optional(),
  annotations: stringMap.optional(),
  nodeSelector: stringMap.optional(),
  tolerations: list(anyMapping).optional(),
  affinity: anyMapping.optional(),
  topologySpreadConstraints: list(anyMapping).optional(),
  hostPorts: list(wholeNumber(1).max(65_535, 'must be a port; write 1 to 65535')).optional(),
  volumes: list(anyMapping).optional(),
  schedulingGates: list(anyMapping).optional(),
  priority: z.int({ error: 'must be a whole number; write it like 1000' }).optional(),
  gracePeriod: duration.optional(),
};

/** `name` serves the bare pod only, whose kind word and template word are the same: `pod: { name: one, cpu: 1 }`. */
const pod = words({ name: text.optional(), ...podShape });

const BUDGET_RULE = 'must be a number of pods or a share of them; write it like 2 or "90%"';
const budgetValue = z.union([z.int().min(0), z.string().regex(/^\d{1,3}%$/)], { error: BUDGET_RULE });
const pdb = words({ minAvailable: budgetValue.optional(), maxUnavailable: budgetValue.optional() }).refine(
  (budget) => (budget.minAvailable === undefined) !== (budget.maxUnavailable === undefined),
  'must have exactly one of minAvailable and maxUnavailable; leave the other out',
);

const load = words({
  nodes: text,
  cpu: z
    .number({ error: 'must be a share of the node; write a number from 0 to 1, like 0.95' })
    .min(0, 'must be a share of the node; write a number from 0 to 1')
    .max(1, 'must be a share of the node; write a number from 0 to 1, 0.95 for 95 %'),
  for: positiveDuration.optional(),
});

export const WORKLOAD_WORDS = ['deployment', 'statefulSet', 'daemonSet', 'job'] as const;

const step = words({
  at: duration,
  deployment: text.optional(),
  statefulSet: text.optional(),
  daemonSet: text.optional(),
  job: text.optional(),
  pod: z
    .union([text, pod], { error: 'must be a pod template, or the name of a bare pod; see docs on scenarios' })
    .optional(),
  namespace: text.optional(),
  replicas: wholeNumber(0).optional(),
  pdb: pdb.optional(),
  load: load.optional(),
}).superRefine((value, context) => {
  const problem = stepProblem(value);
  if (problem) context.addIssue({ code: 'custom', ...problem });
});

interface Problem {
  message: string;
  path?: string[];
}

function stepProblem(value: Record<string, unknown>): Problem | undefined {
  const kinds = WORKLOAD_WORDS.filter((word) => value[word] !== undefined);
  if (value.load !== undefined) {
    const other = Object.keys(value).find((key) => value[key] !== undefined && !['at', 'load'].includes(key));
    return other ? { message: 'must not stand beside load; make two steps of it', path: [other] } : undefined;
  }
  if (kinds.length > 1) return { message: `must name one workload, not ${kinds.length}; make a step of each` };
  if (kinds.length === 1) {
    if (typeof value.pod !== 'string') return undefined;
    return {
      message: `must be the template of the ${kinds[0]}; write it like { cpu: 500m, memory: 256Mi }`,
      path: ['pod'],
    };
  }
  if (value.pod === undefined) {
    return { message: `must name a workload or a load; add one of ${WORKLOAD_WORDS.join(', ')}, pod, load` };
  }
  const named = typeof value.pod === 'string' || (value.pod as { name?: string }).name !== undefined;
  return named
    ? undefined
    : { message: 'has no name; add the workload it is the template of, or name: for a bare pod', path: ['pod'] };
}

const SERVICES = ['ec2', 'ssm', 'dynamodb', 'kubernetes', 'prometheus', 'lambda', 'node'] as const;
const FAULTS = ['lost-response', 'crash', 'down', 'hang', 'empty', 'slow', 'stale', 'garbage', 'never-joins'] as const;
const oneOf = <T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of those that the world knows; use ${values.join(', ')}` });
const CALL_RULE = 'must be a call; write it like ec2.RunInstances';
const call = z.string({ error: CALL_RULE }).regex(/^(ec2|ssm|dynamodb|kubernetes|prometheus)\.[A-Za-z]+$/, CALL_RULE);

const fault = words({
  at: duration,
  service: oneOf(SERVICES).optional(),
  operation: text.optional(),
  error: text.optional(),
  fault: oneOf(FAULTS).optional(),
  after: call.optional(),
  before: call.optional(),
  by: positiveDuration.optional(),
  when: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String), {
      error: 'must be a mapping of attributes of the call; write it like { market: spot }',
    })
    .optional(),
  times: wholeNumber(1).optional(),
  for: positiveDuration.optional(),
  spotInterruption: z
    .union([text, z.int().min(1)], { error: 'must be a node or a number of nodes; write oldest, a name, or 1 or more' })
    .optional(),
}).superRefine((value, context) => {
  const problem = faultProblem(value);
  if (problem) context.addIssue({ code: 'custom', ...problem });
});

function faultProblem(value: Record<string, unknown>): Problem | undefined {
  const has = (word: string) => value[word] !== undefined;
  if (has('spotInterruption')) {
    const other = Object.keys(value).find((word) => has(word) && !['at', 'spotInterruption'].includes(word));
    return other
      ? { message: 'must not stand beside spotInterruption; make two faults of it', path: [other] }
      : undefined;
  }
  if (!has('service'))
    return { message: `must name a service or a spotInterruption; add service: ${SERVICES.join(', ')}` };
  if (has('error') === has('fault'))
    return { message: 'must have exactly one of error and fault; say what goes wrong' };
  return has('fault') ? kindProblem(value, has) : undefined;
}

function kindProblem(value: Record<string, unknown>, has: (word: string) => boolean): Problem | undefined {
  const { fault: kind, service } = value;
  if ((kind === 'crash') !== (has('after') || has('before'))) {
    return { message: 'must go together: fault: crash and one of after and before; write after: ec2.RunInstances' };
  }
  if (has('after') && has('before'))
    return { message: 'must not stand beside after; keep one of the two', path: ['before'] };
  if (kind === 'crash' && service !== 'lambda') {
    return { message: 'must be lambda for fault: crash; write service: lambda', path: ['service'] };
  }
  if ((kind === 'never-joins') !== (service === 'node')) {
    return { message: 'must go together: service: node and fault: never-joins; change one of them', path: ['fault'] };
  }
  if (has('by') && kind !== 'slow' && kind !== 'hang') {
    return { message: 'serves fault: slow and fault: hang only; leave it out', path: ['by'] };
  }
  return undefined;
}

const expectation = text.superRefine((value, context) => {
  const parsed = parseExpectation(value);
  if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
});

export const scenarioSchema = words({
  name: text,
  seed: wholeNumber(0).optional(),
  cluster: words({ config: anyMapping.optional(), baseWorkers: wholeNumber(0).optional() }).optional(),
  world: words({
    launch: duration.optional(),
    boot: duration.optional(),
    shutdown: duration.optional(),
    describeLag: duration.optional(),
    podStart: duration.optional(),
  }).optional(),
  duration: positiveDuration,
  workloads: list(step).optional(),
  faults: list(fault).optional(),
  invocations: words({
    every: positiveDuration.optional(),
    jitter: duration.optional(),
    overlap: wholeNumber(1).optional(),
  }).optional(),
  expect: list(expectation).optional(),
});

export type ScenarioFile = z.output<typeof scenarioSchema>;
export type StepFile = z.output<typeof step>;
export type FaultFile = z.output<typeof fault>;
