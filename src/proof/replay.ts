import type { Recording } from '../world/play';
import { tickValueOf } from '../world/report/tick-value';
import { START } from '../world/scenario/types';
import { casesOf, judgeReference, playCase } from './crash-matrix';
import type { CallRecord } from './face/calls';
import type { Face } from './face/face';
import { faultCases, nameOfCase, playFaults } from './faults';
import { playSchedule } from './interleavings';
import { clockTime, type Violation } from './judge/violation';
import { LIVE_SCENARIOS, liveCasesOf, playLive, playLiveCase } from './live';
import type { Part } from './parts';
import { SCENARIOS } from './scenarios';
import { nameOfCrash, referenceOf, type WireTools } from './tasks';
import { playWire } from './wire';

export interface Replayed {
  violations: Violation[];
  trace: string[];
}

/** One case again, alone, with all that happened. Undefined: there is none of that name. */
export async function replay(
  part: Part,
  seed: number,
  name: string | undefined,
  tools: WireTools | undefined,
): Promise<Replayed | undefined> {
  if (part === 'wire' && tools) {
    const { recording, violations } = await playWire(seed, tools);
    return { violations, trace: wireTraceOf(recording) };
  }
  const played = part === 'crash' ? await crash(seed, name) : part === 'faults' ? await fault(seed, name) : undefined;
  const one =
    played ??
    (part === 'live' ? await live(seed, name) : part === 'interleavings' ? await playSchedule(seed) : undefined);
  return one && { violations: one.violations, trace: traceOf(one.face) };
}

async function crash(seed: number, name = '') {
  const scenario = SCENARIOS.find((each) => name.split('/')[0] === each.name);
  if (!scenario) return undefined;
  const reference = await referenceOf(scenario, seed);
  if (name === scenario.name) return { face: reference.face, violations: judgeReference(scenario, reference) };
  const found = casesOf(scenario, reference).find((each) => nameOfCrash(each) === name);
  return found && playCase(scenario, found, seed, reference);
}

async function live(seed: number, name: string | undefined) {
  if (name === undefined) return playLive(seed);
  const scenario = LIVE_SCENARIOS.find((each) => name.split('/')[0] === each.name);
  if (!scenario) return undefined;
  const reference = await referenceOf(scenario, seed);
  if (name === scenario.name) return { face: reference.face, violations: judgeReference(scenario, reference) };
  const found = liveCasesOf(scenario, reference).find((each) => nameOfCrash(each) === name);
  return found && playLiveCase(scenario, found, seed, reference);
}

async function fault(seed: number, name: string | undefined) {
  const found = faultCases().find((each) => nameOfCase(each) === name);
  return found && playFaults(found, seed);
}

/** Calls, what the controller logged, and what happened in the world, in the order of time. */
export function traceOf(face: Face): string[] {
  const calls = face.calls.map((call): Entry => [call.effectAt ?? call.issuedAt, lineOf(call)]);
  const logs = face.logs.map(
    ({ at, invocation, line }): Entry => [
      at,
      `${invocation} says: ${line.message} ${JSON.stringify(line.operations ?? [])}`,
    ],
  );
  const events = face.world.events.map(({ at, ...event }): Entry => [at, `world: ${JSON.stringify(event)}`]);
  const runs = face.invocations.flatMap(({ id, startedAt, endedAt, ending }): Entry[] => [
    [startedAt, `${id} begins`],
    ...(endedAt === undefined ? [] : ([[endedAt, `${id} ends: ${ending}`]] as Entry[])),
  ]);
  return inOrder([...runs, ...calls, ...logs, ...events]);
}

/** What was asked of EC2, what happened in the world, and what each invocation came to. */
function wireTraceOf({ scenario, ticks, events, requestLog }: Recording): string[] {
  const faults = scenario.faults.map((fault): Entry => [START + fault.atMs, `fault: ${JSON.stringify(fault)}`]);
  const world = events.map(({ at, ...event }): Entry => [at, `world: ${JSON.stringify(event)}`]);
  const launches = requestLog.map(
    ({ at, invocation, call, outcome }): Entry => [
      at,
      `${invocation} ${call.service}.${call.operation} ${JSON.stringify(call.attributes)}: ${outcome}`,
    ],
  );
  const ends = ticks.map(({ at, result }): Entry => {
    const { decision, actions } = tickValueOf(result);
    return [at, `${result.id} ${result.outcome}: ${decision.text} ${actions.join('; ')}`];
  });
  return inOrder([...faults, ...launches, ...world, ...ends]);
}

/** A time and what happened then. */
type Entry = [number, string];

const inOrder = (entries: Entry[]): string[] =>
  entries.sort(([a], [b]) => a - b).map(([at, text]) => `${clockTime(at)} ${text}`);

const lineOf = ({ n, invocation, service, operation, target, outcome, mishap, truth }: CallRecord): string => {
  const epochs = truth?.kind === 'state' ? ` epoch ${truth.epochBefore} → ${truth.epochAfter}` : '';
  const trouble = mishap === undefined ? '' : ` (${mishap})`;
  return `${invocation} #${n} ${service}.${operation} ${target}: ${outcome ?? 'never reached it'}${epochs}${trouble}`;
};
