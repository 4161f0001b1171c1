import { expectationLines, summaryLines } from '../world/report/readable';
import type { WorldEvent } from '../world/contract';
import type { PlayedTick, PlayEvent } from '../world/play';
import type { Report } from '../world/report/report';
import { tickValueOf } from '../world/report/tick-value';
import { EventGroup } from './event-groups';
import { type Paint, painter, wrap } from './text';
import type { Running, View } from './view';

/** Width of `00:04:00 `, under which everything that belongs to a time is indented. */
const INDENT = 9;
const MAX_WIDTH = 120;

/** `dev` for people: a line for each tick, with its reason, and one for each thing that happens to a node. */
export class Terminal implements View {
  private readonly paint: Paint;
  private readonly width: number;
  private group: EventGroup | undefined;

  constructor(
    private readonly write: (text: string) => void,
    options: { color: boolean; width: number },
  ) {
    this.paint = painter(options.color);
    this.width = Math.max(40, Math.min(options.width, MAX_WIDTH));
  }

  show(event: PlayEvent, running: Running): void {
    if (event.kind === 'world') return this.world(event.event);
    this.endGroup();
    if (event.kind === 'started') this.lines(header(event.addresses, running).map(this.paint.dim));
    else this.tick(event.tick);
  }

  end(report: Report): void {
    this.endGroup();
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
    const color = decision.code === 'steady' ? this.paint.dim : this.paint.bold;
    this.lines([`${time(at)} ${trigger}: ${facts}: ${color(decision.code)}`]);
    this.lines(wrap(decision.text, this.width, INDENT).map(this.paint.dim));
  }

  private world(event: WorldEvent): void {
    if (this.group?.take(event)) return;
    this.endGroup();
    this.group = EventGroup.startingWith(event);
  }

  private endGroup(): void {
    const { group } = this;
    this.group = undefined;
    const text = group?.text();
    if (!group || !text) return;
    const [first = '', ...more] = wrap(text, this.width, INDENT + 2);
    const paint = this.paint[group.tone];
    this.lines([`${time(group.at)} ${paint(`${group.sign} ${first.trimStart()}`)}`, ...more.map(paint)]);
  }

  private lines(lines: string[]): void {
    for (const line of lines) this.write(`${line}\n`);
  }
}

const time = (at: number): string => new Date(at).toISOString().slice(11, 19);

function header(addresses: Record<string, string>, { scenario, artifact, prometheus }: Running): string[] {
  const rows: [string, string][] = [
    ['scenario', scenario],
    ['artifact', `${artifact.sha256.slice(0, 12)}…, ${Math.round(artifact.bytes / 1_000)} kB: the bytes that are deployed`],
    ['Prometheus', `${prometheus.version} on ${addresses.prometheus}`],
    ['EC2', addresses.ec2 ?? ''],
    ['DynamoDB', addresses.dynamodb ?? ''],
    ['Kubernetes', addresses.kubernetes ?? ''],
  ];
  return [...rows.map(([label, text]) => `${label.padEnd(10)} ${text}`), ''];
}

function nodesText(nodes: PlayedTick['counts']['nodes']): string {
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
