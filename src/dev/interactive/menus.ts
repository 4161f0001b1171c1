import type { LoadStep, ServiceFault, Untimed } from '../../world/scenario/types';

/** What can be done to the world by a key, at once: nearly all of it are steps of the scenario grammar. */
export interface Entry<Step> {
  name: string;
  step: Step;
}

const MINUTE_MS = 60_000;

/** A scenario names the worker that EC2 takes; a key means the oldest that EC2 would take. */
export type FaultStep = Untimed<ServiceFault> | { kind: 'spot-warning' };

export const FAULTS: readonly Entry<FaultStep>[] = [
  { name: 'EC2 takes the oldest spot worker (two minutes after its warning)', step: { kind: 'spot-warning' } },
  {
    name: 'EC2 has no capacity for the next three launches',
    step: {
      kind: 'service',
      service: 'ec2',
      operation: 'RunInstances',
      error: 'InsufficientInstanceCapacity',
      times: 3,
    },
  },
  {
    name: 'the answer to the next RunInstances is lost',
    step: { kind: 'service', service: 'ec2', operation: 'RunInstances', fault: 'lost-response' },
  },
  {
    name: 'the function is killed after its next RunInstances',
    step: { kind: 'service', service: 'lambda', fault: 'crash', after: 'ec2.RunInstances' },
  },
  {
    name: 'the next instance never joins',
    step: { kind: 'service', service: 'node', fault: 'never-joins' },
  },
  {
    name: 'Prometheus is down for five minutes',
    step: { kind: 'service', service: 'prometheus', fault: 'down', forMs: 5 * MINUTE_MS },
  },
  {
    name: 'the Kubernetes API is down for five minutes',
    step: { kind: 'service', service: 'kubernetes', fault: 'down', forMs: 5 * MINUTE_MS },
  },
];

export const LOADS: readonly Entry<Untimed<LoadStep>>[] = [
  { name: 'all workers at 95 % CPU for ten minutes', step: load('all', 0.95, 10) },
  { name: 'base workers at 95 % CPU for ten minutes', step: load('base', 0.95, 10) },
  { name: 'the oldest worker at 95 % CPU for ten minutes', step: load('oldest', 0.95, 10) },
  { name: 'no load on any worker', step: load('all', 0, 10) },
];

function load(nodes: string, cpu: number, minutes: number): Untimed<LoadStep> {
  return { kind: 'load', nodes, cpu, forMs: minutes * MINUTE_MS };
}

/** Choices by digits. */
export const menuLines = (title: string, names: readonly string[]): string[] => [
  `${title} (a digit; any other key: none)`,
  ...names.slice(0, MOST).map((name, index) => `  ${index + 1} ${name}`),
];

/** As many as there are digits. */
const MOST = 9;

/** The entry that the key stands for. */
export const chosenBy = <T>(key: string, entries: readonly T[]): T | undefined =>
  /^[1-9]$/.test(key) ? entries[Number(key) - 1] : undefined;
