import type { InvocationRequest, WorldEvent, WorldModel } from './contract';

/** What the stack's rules on EventBridge send to the function: the world's spot warnings and the ends of its instances. */
export class Deliveries {
  #queue: WorldEvent[] = [];
  #sent = 0;

  constructor(model: WorldModel) {
    model.onEvent((event) => {
      if (detailOf(event)) this.#queue.push(event);
    });
  }

  /** Something waits to be delivered: time must not pass it by. */
  readonly isWaiting = (): boolean => this.#queue.length > 0;

  /** The oldest, as EventBridge wraps it. */
  next(): InvocationRequest | undefined {
    const event = this.#queue.shift();
    const told = event && detailOf(event);
    if (!told) return undefined;
    this.#sent += 1;
    const id = `event-${String(this.#sent).padStart(4, '0')}`;
    const time = new Date(event.at).toISOString().replace(/\.\d+Z$/, 'Z');
    const { type, detail } = told;
    return { id, event: { version: '0', id, source: 'aws.ec2', 'detail-type': type, time, detail } };
  }
}

/** The patterns of the rules are those of `src/infra/events.ts`; written down again, so that a wrong belief shows. */
function detailOf(event: WorldEvent): { type: string; detail: Record<string, string> } | undefined {
  if (event.kind === 'spot-warning') {
    const detail = { 'instance-id': event.instance, 'instance-action': 'terminate' };
    return { type: 'EC2 Spot Instance Interruption Warning', detail };
  }
  if (event.kind === 'instance-state' && ENDINGS.has(event.state)) {
    const detail = { 'instance-id': event.instance, state: event.state };
    return { type: 'EC2 Instance State-change Notification', detail };
  }
  return undefined;
}

const ENDINGS: ReadonlySet<string> = new Set(['shutting-down', 'stopped', 'terminated']);
