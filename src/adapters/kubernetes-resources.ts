import type { Resources } from '../autoscaler/snapshot';
import type { Container, PodSpec, Quantities } from './kubernetes-pod-spec';
import { parseBytes, parseCount, parseCpuMilli, QuantityError } from './quantities';

/** By Kubernetes' name: millicores of cpu, bytes of memory, disk and huge pages, whole devices. */
type Amounts = Record<string, number>;

/**
 * What the scheduler counts (`PodRequests` in k8s.io/component-helpers): the larger of what runs together (containers
 * and sidecars) and what any init container needs beside the sidecars started before it, plus the runtime's overhead.
 * A resource that is not asked for is 0. Throws `QuantityError` naming the container.
 */
export function podRequests(spec: PodSpec): Resources {
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const own = containerRequests(container);
    if (container.restartPolicy === 'Always') {
      sidecars = plus(sidecars, own);
      peak = larger(peak, sidecars);
    } else {
      peak = larger(peak, plus(sidecars, own));
    }
  }
  const together = (spec.containers ?? []).map(containerRequests).reduce(plus, sidecars);
  const whole = { ...larger(together, peak), ...ofPod(spec) };
  return toResources(plus(whole, amounts('overhead', spec.overhead)), 1);
}

/** A node's room. A resource it does not report is 0: nothing fits it then. */
export const toAllocatable = ({ pods, ...allocatable }: Quantities): Resources =>
  toResources(amounts('allocatable', allocatable), pods === undefined ? 0 : parseCount(pods));

/** Of the others only what there is: most nodes report huge pages and have none. */
function toResources({ cpu = 0, memory = 0, ...rest }: Amounts, pods: number): Resources {
  const others = Object.entries(rest).filter(([, amount]) => amount > 0);
  return {
    cpuMilli: cpu,
    memoryBytes: memory,
    pods,
    ...(others.length === 0 ? {} : { others: Object.fromEntries(others) }),
  };
}

const containerRequests = (container: Container): Amounts =>
  amounts(`container ${container.name ?? ''}`, container.resources?.requests);

/** Others than these cannot be asked for the pod as a whole (component-helpers/resource/helpers.go, IsSupportedPodLevelResource). */
const ofPod = (spec: PodSpec): Amounts =>
  Object.fromEntries(
    Object.entries(amounts('the pod', spec.resources?.requests)).filter(([name]) =>
      /^(cpu|memory|hugepages-.*)$/.test(name),
    ),
  );

function amounts(where: string, quantities: Quantities | undefined): Amounts {
  try {
    return Object.fromEntries(Object.entries(quantities ?? {}).map(([name, value]) => [name, parserOf(name)(value)]));
  } catch (error) {
    if (error instanceof QuantityError) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

const PARSERS: Record<string, (value: unknown) => number> = {
  cpu: parseCpuMilli,
  memory: parseBytes,
  'ephemeral-storage': parseBytes,
};

const parserOf = (name: string) => PARSERS[name] ?? (name.startsWith('hugepages-') ? parseBytes : parseCount);

const plus = (a: Amounts, b: Amounts): Amounts => merged(a, b, (x, y) => x + y);

const larger = (a: Amounts, b: Amounts): Amounts => merged(a, b, Math.max);

const merged = (a: Amounts, b: Amounts, of: (x: number, y: number) => number): Amounts =>
  Object.fromEntries(Object.keys({ ...a, ...b }).map((name) => [name, of(a[name] ?? 0, b[name] ?? 0)]));
