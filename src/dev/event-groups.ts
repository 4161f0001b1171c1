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
  'pod-evicted': { sign: '-', tone: 'yellow', text: (events) => `${events.length} ${plural(events, 'pod')} evicted: ${namesOf(events)}` },
  'node-deleted': { sign: '-', tone: 'yellow', text: (events) => `removed: ${namesOf(events)}` },
  'node-lost': { sign: '!', tone: 'red', text: (events) => `lost: ${namesOf(events)}` },
  'pdb-violated': { sign: '!', tone: 'red', text: (events) => `budget violated: ${unique(events, 'pdb')}` },
  'spot-warning': { sign: '!', tone: 'red', text: (events) => `spot interruption in two minutes: ${unique(events, 'instance')}` },
};

/** Events of one kind at one instant, told in one line. */
export class EventGroup {
  private readonly events: WorldEvent[];

  private constructor(
    first: WorldEvent,
    private readonly telling: Telling,
  ) {
    this.events = [first];
  }

  /** Undefined for an event that is not told. */
  static startingWith(event: WorldEvent): EventGroup | undefined {
    const telling = TELLINGS[event.kind];
    return telling && new EventGroup(event, telling);
  }

  get at(): number {
    return this.events[0]?.at ?? 0;
  }

  get sign(): string {
    return this.telling.sign;
  }

  get tone(): Tone {
    return this.telling.tone;
  }

  /** True when the event needs no line of its own: it belongs to this group, or is not told at all. */
  take(event: WorldEvent): boolean {
    if (!TELLINGS[event.kind]) return true;
    if (event.at !== this.at || event.kind !== this.events[0]?.kind) return false;
    this.events.push(event);
    return true;
  }

  text(): string {
    return this.telling.text(this.events);
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
  const values = events.map((event) => (event as Record<string, unknown>)[field]).filter((value) => value !== undefined);
  return [...new Set(values)].join(', ');
}
