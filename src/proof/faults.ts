import { Random } from '../world/random';
import { START } from '../world/scenario/types';
import type { CallRecord, Mishap } from './face/calls';
import { Face } from './face/face';
import { judgeRest, judgeRun } from './judge/judge';
import { podsNotRunning } from './judge/pods';
import { type Violation, violation } from './judge/violation';
import { EVERY_MS } from './play';
import { QUICK } from './scenarios';
import { web } from './workload';

const MINUTE = 60_000;

/** What can be wrong with a service for some minutes. */
export interface Fault {
  service: CallRecord['service'];
  kind: 'fails' | 'hangs' | 'throttles' | 'garbage' | 'partial' | 'stale';
}

const KINDS = {
  prometheus: ['fails', 'hangs', 'throttles', 'garbage', 'partial', 'stale'],
  kubernetes: ['fails', 'hangs', 'throttles', 'garbage', 'partial'],
  ec2: ['fails', 'hangs', 'throttles', 'garbage', 'partial', 'stale'],
  dynamodb: ['fails', 'hangs', 'throttles', 'garbage'],
  ssm: ['fails', 'hangs', 'throttles', 'garbage'],
} as const satisfies Partial<Record<CallRecord['service'], Fault['kind'][]>>;

export const FAULTS: readonly Fault[] = Object.entries(KINDS).flatMap(([service, kinds]) =>
  kinds.map((kind) => ({ service: service as Fault['service'], kind })),
);

/** One of them or two of different services, and the time at which they begin. */
export interface FaultCase {
  faults: Fault[];
  /** A launch is due, or a removal. */
  due: 'launch' | 'removal';
  /** How many of the service's calls it meets, 0–1. */
  share: number;
}

/** Alone and in pairs, whole and flickering. */
export function faultCases(): FaultCase[] {
  const pairs = FAULTS.flatMap((a, i) => FAULTS.slice(i + 1).flatMap((b) => (a.service === b.service ? [] : [[a, b]])));
  const alone = FAULTS.map((fault) => [fault]);
  const both = (faults: Fault[], share: number): FaultCase[] =>
    (['launch', 'removal'] as const).map((due) => ({ faults, due, share }));
  return [...alone, ...pairs].flatMap((faults) => [...both(faults, 1), ...both(faults, 0.4)]);
}

export const nameOfCase = ({ faults, due, share }: FaultCase): string =>
  `${faults.map(({ service, kind }) => `${service} ${kind}`).join(' + ')}, ${due} due${share < 1 ? ', flickering' : ''}`;

/** Ten pods; then six more, so that a launch is due; then all but five go, so that removals are. */
const LOAD = [
  { minute: 1, replicas: 10 },
  { minute: 7, replicas: 16 },
  { minute: 21, replicas: 5 },
] as const;
/** Three ticks see nothing but the fault. */
const LASTS_MS = 6.5 * MINUTE;
const BEGINS_MS = { launch: 7.5 * MINUTE, removal: 23.5 * MINUTE };
const TICKS = 26;

export async function playFaults(of: FaultCase, seed: number): Promise<{ face: Face; violations: Violation[] }> {
  const from = START + BEGINS_MS[of.due];
  const until = from + LASTS_MS;
  const random = new Random(seed, `faults ${nameOfCase(of)}`);
  const face = new Face({
    seed,
    config: { policy: QUICK },
    mishapOf: (call) => {
      const fault = of.faults.find(({ service }) => service === call.service);
      if (!fault || call.issuedAt < from || call.issuedAt >= until || random.next() >= of.share) return undefined;
      return mishapOf(fault, call);
    },
  });
  for (const { minute, replicas } of LOAD) {
    face.change(minute * MINUTE, () => face.world.workload(web(replicas)));
  }
  // A Prometheus that is stale answers well, of a time that is past: nothing reaches it.
  if (of.faults.some(({ service, kind }) => service === 'prometheus' && kind === 'stale')) {
    face.change(BEGINS_MS[of.due], () => {
      face.scrapes.pausedUntil = until;
    });
  }
  for (let tick = 1; tick <= TICKS; tick++) face.invokeAt(tick * EVERY_MS, { id: `tick-${tick}` });
  // Two ticks after a launch was kept from being made, and before fewer pods are wanted, all of them run.
  await face.runUntil(LOAD[2].minute * MINUTE - 1_000);
  const recovered = podsNotRunning(face, LOAD[1].replicas, true);
  await face.runUntil((TICKS + 1) * EVERY_MS - 1_000);
  const wanted = LOAD.at(-1)?.replicas ?? 0;
  return {
    face,
    violations: [
      ...recovered,
      ...judgeRest(face),
      ...podsNotRunning(face, wanted, true),
      ...judgeRun(face),
      ...standstill(face),
    ],
  };
}

const REFUSALS: Record<string, { fails: string; throttles: string }> = {
  prometheus: { fails: '503', throttles: '429' },
  kubernetes: { fails: 'InternalError', throttles: 'TooManyRequests' },
  ec2: { fails: 'InternalError', throttles: 'RequestLimitExceeded' },
  dynamodb: { fails: 'InternalServerError', throttles: 'ProvisionedThroughputExceededException' },
  ssm: { fails: 'InternalServerError', throttles: 'ThrottlingException' },
};

export function mishapOf({ kind, service }: Fault, { mutates }: Pick<CallRecord, 'mutates'>): Mishap | undefined {
  if (kind === 'fails' || kind === 'throttles') return { kind: 'refuse', code: REFUSALS[service]?.[kind] ?? '500' };
  // Whether a write went through before its connection hung is nobody's to know: here it did.
  if (kind === 'hangs') return { kind: 'hang', takesEffect: mutates };
  return service === 'prometheus' && kind === 'stale' ? undefined : { kind };
}

/** When it has ended, the workers that nobody needs go, as if nothing had been. */
function standstill(face: Face): Violation[] {
  const { ready } = face.world.counts().nodes;
  // One base worker and, at most, one more: five pods of half a core.
  return ready <= 2 ? [] : [violation('standstill', `${ready} workers are left where two are enough`)];
}
