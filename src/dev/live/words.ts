import { oneLine } from '../../autoscaler/one-line';
import type { Plan } from '../../autoscaler/plan';
import { differenceLines } from '../../history/compare';
import { intentWords } from '../../history/intent-words';
import type { LiveEvent } from './events';

/** An event in words, one line or several. */
export function inWords(event: LiveEvent): string[] {
  switch (event.kind) {
    case 'attached':
      return [
        `${event.stage}: attached as ${event.owner}, contract ${event.contract}; ${MODE[event.mode]}. Ctrl-C lets go.`,
      ];
    case 'planned':
      return planned(event);
    case 'failed':
      return [
        `epoch ${event.epoch}: this checkout's planner failed (${oneLine(event.error)}); the function plans by itself`,
      ];
    case 'word':
      return [`epoch ${event.word.epoch}: the function says: ${SAID[event.word.outcome]}: ${event.word.text}`];
    case 'trouble':
      return [`the mailbox cannot be reached (${oneLine(event.error)}); heartbeat ${seconds(event.ageMs)} old`];
    case 'lost':
      return [`the place at the stage is ${event.by ? `${event.by}'s` : 'gone'}: this laptop was silent for too long`];
    case 'detached':
      return ['detached: the function plans by itself'];
  }
}

const MODE = {
  live: 'this checkout plans, the function acts',
  shadow: 'the function plans and acts, this checkout is compared',
} as const;

const SAID = {
  executed: 'done as planned here',
  refused: 'refused, it planned by itself',
  late: 'too late, it planned by itself',
  silent: 'heard nothing, it planned by itself',
} as const;

function planned({ time, trigger, epoch, ms, plan, deployed, differences }: LiveEvent & { kind: 'planned' }): string[] {
  const tick = `${time} ${trigger}, epoch ${epoch}`;
  if (!deployed || !differences) return [`${tick}, planned here in ${ms.toFixed(0)} ms:`, ...said('', plan)];
  if (differences.length === 0) return [`${tick}: the same plan, here in ${ms.toFixed(0)} ms:`, ...said('', plan)];
  return [
    `${tick}: planned otherwise here (in ${ms.toFixed(0)} ms) than by the function, which acted:`,
    ...said('deployed: ', deployed),
    ...said('here:     ', plan),
    ...differences.flatMap((difference) => differenceLines(difference, { recorded: 'deployed', now: 'here' })),
  ];
}

const said = (who: string, { decision, intents }: Plan): string[] => [
  `  ${who}${decision.code}: ${decision.text}`,
  ...intents.map((intent) => `  ${who}  would ${intentWords(intent)}`),
];

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
