import { LABEL } from '../autoscaler/names';
import { DO_NOT_DISRUPT } from '../autoscaler/planning/movable';
import { Random } from '../world/random';
import { type CrashCase, casesOf, playCase } from './crash-matrix';
import type { CallRecord, Mishap } from './face/calls';
import { MAILBOX } from './face/dynamodb';
import type { Face } from './face/face';
import { mishapOf } from './faults';
import { drawSchedule, playDrawn, type Schedule, WAVES_END_MS } from './interleavings';
import { judgeLive } from './judge/live';
import { drawLaptop, honestLaptop } from './laptop/draw';
import { EVERY_MS, type Played, type Reference } from './play';
import { type ProofScenario, QUICK, SCENARIOS } from './scenarios';

/**
 * A laptop plans for the function. In schedules of the interleavings it is hostile, and dies, and comes back; in some
 * stories of the crash matrix it is honest, and what the function asks of the mailbox is attacked call by call.
 */

/** Stories whose decisions a laptop makes: of each kind one. */
const STORIES = ['launch', 'drain', 'taken back', 'interruption', 'overlap'];

export const LIVE_SCENARIOS: readonly ProofScenario[] = SCENARIOS.filter(({ name }) => STORIES.includes(name)).map(
  (story) => ({ ...story, laptop: honestLaptop }),
);

/** The rest of each story is what the crash matrix attacks. */
export const liveCasesOf = (scenario: ProofScenario, reference: Reference): CrashCase[] =>
  casesOf(scenario, reference).filter(({ n }) => reference.face.calls[n - 1]?.target.startsWith(MAILBOX));

export async function playLiveCase(
  scenario: ProofScenario,
  of: CrashCase,
  seed: number,
  reference: Reference,
): Promise<Played> {
  const played = await playCase(scenario, of, seed, reference);
  return { ...played, violations: [...played.violations, ...judgeLive(played.face)] };
}

/** Plays one seed of the interleavings with a laptop; alone it goes as it goes among all. */
export async function playLive(seed: number): Promise<Played> {
  const random = new Random(seed, 'live');
  const schedule = calmed(drawSchedule(seed), random);
  const played = await playDrawn(schedule, {
    config: configOf(random, schedule.maxNodes),
    laptop: drawLaptop(seed, WAVES_END_MS),
    mishapOf: blindness(random),
    begin: people(random, schedule),
  });
  return { ...played, violations: [...played.violations, ...judgeLive(played.face)] };
}

/** In three of four nothing else goes wrong, so that more can be said of what came of the laptop. */
function calmed(schedule: Schedule, random: Random): Schedule {
  return random.next() < 0.25 ? schedule : { ...schedule, mishaps: [], slowness: 0 };
}

/** What a plan could break: minima and maxima, and in a few the word that no laptop plans for this stage. */
function configOf(random: Random, maxNodes: number): Record<string, unknown> {
  const market = random.next() < 0.5 ? 'on-demand' : 'spot-then-on-demand';
  const types = { instanceTypes: ['t3.medium', 't3a.medium'], market };
  return {
    policy: { ...QUICK, ...(random.next() < 0.3 && { removalsPerHour: 1 }) },
    limits: { maxNodes },
    pools: {
      burst: { ...types, max: Math.max(1, maxNodes - 1) },
      ...(random.next() < 0.5 && { small: { ...types, min: 1, max: 1 } }),
    },
    ...(random.next() < 0.06 && { stages: { protected: ['proof'] } }),
  };
}

/** One source fails for a while. */
function blindness(random: Random): (call: CallRecord) => Mishap | undefined {
  if (random.next() < 0.5) return () => undefined;
  const service = (['prometheus', 'kubernetes', 'ec2'] as const)[
    Math.floor(random.next() * 3)
  ] as CallRecord['service'];
  const from = 1.5 * EVERY_MS + Math.floor(random.next() * 2 * EVERY_MS);
  let began: number | undefined;
  return (call) => {
    began ??= call.issuedAt;
    const since = call.issuedAt - began + EVERY_MS;
    const isBlind = call.service === service && since >= from && since < from + 2 * EVERY_MS && !call.mutates;
    return isBlind ? mishapOf({ service, kind: 'fails' }, call) : undefined;
  };
}

/** In some a person pauses the autoscaler for a while, and with it what EC2 warns of; in some they keep a node. */
function people(random: Random, { interruptions }: Schedule): (face: Face) => void {
  const pauses = random.next() < 0.3 && interruptions.length === 0 ? EVERY_MS * (1.5 + random.next()) : undefined;
  const keeps = random.next() < 0.5 ? EVERY_MS * 2.9 : undefined;
  return (face) => {
    if (pauses !== undefined) {
      face.change(pauses, () => face.pause(true));
      face.change(WAVES_END_MS, () => face.pause(false));
    }
    if (keeps !== undefined) face.change(keeps, () => keep(face));
  };
}

/** The oldest worker. */
function keep({ world: { kubernetes } }: Face): void {
  const [oldest] = kubernetes.list('nodes').items.filter(({ metadata }) => metadata.labels?.[LABEL.managed] === 'true');
  if (!oldest) return;
  const patch = { metadata: { annotations: { [DO_NOT_DISRUPT]: 'true' } } };
  kubernetes.patch('nodes', oldest.metadata.name, patch, 'application/merge-patch+json');
}
