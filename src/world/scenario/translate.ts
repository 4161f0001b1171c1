import type { FaultFile, ScenarioFile, StepFile } from './grammar';
import { WORKLOAD_WORDS } from './grammar';
import type { Fault, PodTemplate, Scenario, ScenarioStep, WorkloadKind } from './types';

/** What the file means: defaults in, words of the grammar to names of the world. The file was checked before. */
export function toScenario(file: ScenarioFile, scheduleMs: number): Scenario {
  const { cluster, world, invocations } = file;
  return {
    name: file.name,
    seed: file.seed ?? 1,
    cluster: {
      config: cluster?.config ?? {},
      ...(cluster?.baseWorkers === undefined ? {} : { baseWorkers: cluster.baseWorkers }),
    },
    world: {
      launchMs: world?.launch ?? 20_000,
      bootMs: world?.boot ?? 40_000,
      shutdownMs: world?.shutdown ?? 30_000,
      describeLagMs: world?.describeLag ?? 5_000,
      podStartMs: world?.podStart ?? 5_000,
    },
    durationMs: file.duration,
    workloads: (file.workloads ?? []).map(toStep),
    faults: (file.faults ?? []).map(toFault),
    invocations: {
      everyMs: invocations?.every ?? scheduleMs,
      jitterMs: invocations?.jitter ?? 0,
      overlap: invocations?.overlap ?? 1,
    },
    expect: file.expect ?? [],
  };
}

function toStep(step: StepFile): ScenarioStep {
  if (step.load) {
    const { nodes, cpu, for: forMs } = step.load;
    return { kind: 'load', atMs: step.at, nodes, cpu, ...defined({ forMs }) };
  }
  const { workload, name } = subject(step);
  const pod = template(step, workload);
  return {
    kind: 'workload',
    atMs: step.at,
    workload,
    name,
    namespace: step.namespace ?? 'default',
    ...defined({ replicas: step.replicas, pod, pdb: step.pdb as never }),
  };
}

function subject(step: StepFile): { workload: WorkloadKind; name: string } {
  for (const workload of WORKLOAD_WORDS) {
    const name = step[workload];
    if (name !== undefined) return { workload, name };
  }
  const name = typeof step.pod === 'string' ? step.pod : (step.pod?.name ?? '');
  return { workload: 'pod', name };
}

function template(step: StepFile, workload: WorkloadKind): PodTemplate | undefined {
  // A bare pod that is only named asks for nothing.
  if (typeof step.pod === 'string') return workload === 'pod' && step.replicas !== 0 ? {} : undefined;
  if (!step.pod) return undefined;
  const { name: _name, gracePeriod, ...rest } = step.pod;
  return defined({ ...rest, gracePeriodMs: gracePeriod });
}

function toFault(fault: FaultFile): Fault {
  if (fault.spotInterruption !== undefined) {
    return { kind: 'spot-interruption', atMs: fault.at, target: fault.spotInterruption };
  }
  const { at, service, by, for: forMs, spotInterruption: _none, ...rest } = fault;
  return { kind: 'service', atMs: at, service: service ?? 'node', ...defined({ ...rest, byMs: by, forMs }) };
}

/** Without the fields that are undefined: absent and undefined differ under `exactOptionalPropertyTypes`. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
