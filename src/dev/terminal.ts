import type { WorldEvent } from '../world/contract';
import type { PlayEvent, PlayedTick } from '../world/play';
import { expectationLines, summaryLines } from '../world/report/readable';
import type { Report } from '../world/report/report';
import { tickValueOf } from '../world/report/tick-value';
import { type EventGroup, Instant } from './event-groups';
import { clockOf, MAX_WIDTH, type Paint, painter, wrap } from './text';
import type { Running, View } from './view';

/** Width of `00:04:00 `, under which everything that belongs to a time is indented. */
const INDENT = 9;

/** `dev` for people: a line for each tick, with its reason, and one for each thing that happens to a node. */
export class Terminal implements View {
  private readonly paint: Paint;
  private readonly width: number;
  private instant: Instant | undefined;
  /** Instances on their way out: that their nodes are lost then is no news. */
  private readonly ending = new Set<string>();

  constructor(
    private readonly write: (text: string) => void,
    options: { color: boolean; width: number },
  ) {
    this.paint = painter(options.color);
    this.width = Math.max(40, Math.min(options.width, MAX_WIDTH));
  }

  show(event: PlayEvent, running: Running): void {
    if (event.kind === 'world') {
      this.world(event.event);
      return;
    }
    this.endInstant();
    if (event.kind === 'started') this.lines(header(event.addresses, running).map(this.paint.dim));
    else this.tick(event.tick);
  }

  end(report: Report): void {
    this.endInstant();
    const { name, summary, wall } = report;
    const passed = report.expectations.every(({ pass }) => pass);
    const failed = (line: string) => (line.includes('FAILED') ? this.paint.red(line) : line);
    this.lines([
      '',
      `${name}: ${summary.ticks} ticks in ${(wall.ms / 1_000).toFixed(1)} s`,
      ...summaryLines(report),
      ...expectationLines(report).map(failed),
      passed ? this.paint.green('done') : this.paint.red('failed'),
    ]);
  }

  private tick({ at, result, counts }: PlayedTick): void {
    const { trigger, decision, plan } = tickValueOf(result);
    const cpu = plan?.facts.cpu;
    const facts = [
      nodesText(counts.nodes),
      `${counts.pods.unschedulable} pending`,
      `CPU ${typeof cpu === 'number' ? `${Math.round(cpu)} %` : '?'}`,
    ].join(', ');
    const mark = decision.code === 'steady' ? this.paint.dim : this.paint.bold;
    const text = wrap(`${trigger}: ${facts}: ${decision.code}: ${decision.text}`, this.width, INDENT);
    const [first = '', ...more] = text.map((line) => line.replace(` ${decision.code}:`, ` ${mark(decision.code)}:`));
    this.lines([`${clockOf(at)} ${first.trimStart()}`, ...more]);
  }

  private world(event: WorldEvent): void {
    if (event.kind === 'instance-state' && event.state === 'shutting-down') this.ending.add(event.instance);
    if (event.kind === 'node-lost' && this.ending.has(event.instance)) return;
    if (this.instant?.at !== event.at) {
      this.endInstant();
      this.instant = new Instant(event.at);
    }
    this.instant?.take(event);
  }

  private endInstant(): void {
    for (const group of this.instant?.groups ?? []) this.lines(this.told(group));
    this.instant = undefined;
  }

  private told(group: EventGroup): string[] {
    const { sign, tone, text } = group.telling;
    const [first = '', ...more] = wrap(text(group.events), this.width, INDENT + 2);
    const paint = this.paint[tone];
    return [`${clockOf(group.at)} ${paint(`${sign} ${first.trimStart()}`)}`, ...more.map(paint)];
  }

  private lines(lines: string[]): void {
    if (lines.length > 0) this.write(lines.map((line) => `${line}\n`).join(''));
  }
}

function header(addresses: Record<string, string>, { scenario, artifact, prometheus }: Running): string[] {
  const rows: [string, string][] = [
    ['scenario', scenario],
    [
      'artifact',
      `${artifact.sha256.slice(0, 12)}…, ${Math.round(artifact.bytes / 1_000)} kB: the bytes that are deployed`,
    ],
    ['Prometheus', `${prometheus.version} on ${addresses.prometheus}`],
    ['EC2', addresses.ec2 ?? ''],
    ['DynamoDB', addresses.dynamodb ?? ''],
    ['Kubernetes', addresses.kubernetes ?? ''],
  ];
  return [...rows.map(([label, text]) => `${label.padEnd(10)} ${text}`), ''];
}

export function nodesText(nodes: PlayedTick['counts']['nodes']): string {
  const words: [number, string][] = [
    [nodes.ready, 'ready'],
    [nodes.joining, 'joining'],
    [nodes.notReady, 'not ready'],
    [nodes.cordoned, 'cordoned'],
    [nodes.terminating, 'ending'],
  ];
  const shown = words.filter(([count], index) => index === 0 || count > 0);
  return shown.map(([count, word]) => `${count} ${word}`).join(', ');
}
