import type { PlayEvent } from '../world/play';
import type { Report } from '../world/report/report';
import { tickValueOf } from '../world/report/tick-value';
import type { Running, View } from './view';

/** `dev --json`: one document a line, each with `kind` and, but for the report, the virtual `time`. */
export class JsonLines implements View {
  constructor(private readonly write: (text: string) => void) {}

  show(event: PlayEvent, running: Running): void {
    this.line(lineOf(event, running));
  }

  /** The whole report would repeat what the lines told. */
  end({ name, seed, summary, expectations, wall }: Report): void {
    this.line({ kind: 'report', name, seed, summary, expectations, wall });
  }

  private line(value: object): void {
    this.write(`${JSON.stringify(value)}\n`);
  }
}

const iso = (at: number): string => new Date(at).toISOString();

function lineOf(event: PlayEvent, { scenario, artifact, prometheus }: Running): object {
  if (event.kind === 'started') {
    const { sha256, bytes } = artifact;
    const { version, path } = prometheus;
    return {
      kind: 'started',
      time: iso(event.at),
      scenario,
      artifact: { sha256, bytes },
      prometheus: { version, path },
      addresses: event.addresses,
    };
  }
  if (event.kind === 'world') {
    const { at, kind, ...rest } = event.event;
    return { kind: 'world', time: iso(at), event: kind, ...rest };
  }
  const { at, result, counts } = event.tick;
  const { trigger, decision, plan, actions } = tickValueOf(result);
  return {
    kind: 'tick',
    time: iso(at),
    invocation: result.id,
    outcome: result.outcome,
    trigger,
    nodes: counts.nodes,
    pods: counts.pods,
    cpu: plan?.facts.cpu ?? null,
    decision: decision.code,
    reason: decision.text,
    actions,
  };
}
