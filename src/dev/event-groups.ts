import type { WorldEvent } from '../world/contract';

type Kind = WorldEvent['kind'];
type Tone = 'green' | 'yellow' | 'red';

interface Telling {
  sign: '+' | '-' | '!';
  tone: Tone;
  text(events: WorldEvent[]): string;
}

/** Events worth a line; the others are details of these. */
const TELLINGS: Partial<Record<Kind, Telling>> = {
  'instance-launched': { sign: '+', tone: 'green', text: launchedText },
  'node-ready': { sign: '+', tone: 'green', text: (events) => `joined: ${namesOf(events)}` },
  'pod-bound': { sign: '+', tone: 'green', text: (events) => `${events.length} ${plural(events, 'pod')} placed` },
  'node-cordoned': { sign: '-', tone: 'yellow', text: (events) => `cordoned: ${namesOf(events)}` },
  'node-uncordoned': { sign: '+', tone: 'yellow', text: (events) => `taken back: ${namesOf(events)}` },
  'pod-evicted': {
    sign: '-',
    tone: 'yellow',
    text: (events) => `${events.length} ${plural(events, 'pod')} evicted: ${namesOf(events)}`,
  },
  'node-deleted': { sign: '-', tone: 'yellow', text: (events) => `removed: ${namesOf(events)}` },
  'node-lost': { sign: '!', tone: 'red', text: (events) => `lost: ${namesOf(events)}` },
  'pdb-violated': { sign: '!', tone: 'red', text: (events) => `budget violated: ${unique(events, 'pdb')}` },
  'spot-warning': {
    sign: '!',
    tone: 'red',
    text: (events) => `spot interruption in two minutes: ${unique(events, 'instance')}`,
  },
};

/** Events of one kind at one instant, told in one line. */
export interface EventGroup {
  at: number;
  telling: Telling;
  events: WorldEvent[];
}

/** What happens at one instant, by kind, in the order in which the kinds first appear. */
export class Instant {
  private readonly byKind = new Map<Kind, EventGroup>();

  constructor(readonly at: number) {}

  get groups(): EventGroup[] {
    return [...this.byKind.values()];
  }

  /** An event that is not told is a detail of others. */
  take(event: WorldEvent): void {
    const telling = TELLINGS[event.kind];
    if (!telling) return;
    const group = this.byKind.get(event.kind) ?? { at: this.at, telling, events: [] };
    group.events.push(event);
    this.byKind.set(event.kind, group);
  }
}

function launchedText(events: WorldEvent[]): string {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'instance-launched') continue;
    const what = `${event.type} ${event.market} in ${event.zone}${event.pool ? ` for pool ${event.pool}` : ''}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return `launched: ${[...counts].map(([what, count]) => `${count} × ${what}`).join(', ')}`;
}

const plural = (events: WorldEvent[], word: string): string => (events.length === 1 ? word : `${word}s`);
const namesOf = (events: WorldEvent[]): string => unique(events, 'node');

function unique(events: WorldEvent[], field: 'node' | 'pdb' | 'instance'): string {
  const values = events
    .map((event) => (event as Record<string, unknown>)[field])
    .filter((value) => value !== undefined);
  return [...new Set(values)].join(', ');
}
