import { TAG } from '../../autoscaler/names';
import type { RuntimeConfig, RuntimeResources } from '../../config/runtime';
import {
  AwsError,
  type Ec2Model,
  type InstanceRecord,
  type RunInstancesInput,
  type VirtualClock,
  type WorldEvent,
} from '../contract';
import type { Random } from '../random';
import type { WorldTimings } from '../scenario/types';
import { type Filter, matcher } from './filters';
import { type ResolvedRequest, resolveRequest } from './request';
import { ClientTokens } from './tokens';

/** Terminated instances stay visible for an hour (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html). */
const VISIBLE_AFTER_END_MS = 3_600_000;
/** EC2 gives two minutes between the interruption notice and the end. */
const SPOT_NOTICE_MS = 120_000;

/** Who ended an instance: a call of ours, or EC2 itself. */
export type EndedBy = 'call' | 'interruption';

export interface Ec2Hooks {
  /** The machine boots; `pool` of its launch template. */
  running(instance: InstanceRecord, pool: string | undefined): void;
  /** The machine powers off. */
  stopping(instance: InstanceRecord, by: EndedBy): void;
  launched(instance: InstanceRecord, pool: string | undefined): void;
}

export interface Ec2Options {
  config: RuntimeConfig;
  resources: RuntimeResources;
  timings: WorldTimings;
  clock: VirtualClock;
  random: Random;
  emit(event: WorldEvent): void;
  hooks: Ec2Hooks;
}

/** An instance that exists since before the world starts. */
export interface Given {
  type: string;
  zone: string;
  launchedAt: number;
  tags: Record<string, string>;
}

interface Tracked {
  record: InstanceRecord;
  pool: string | undefined;
  /** What DescribeInstances shows in time: the record as it was at each change, oldest first. */
  history: { at: number; record: InstanceRecord }[];
}

/** EC2 as far as launching, looking and ending goes, with its true manners: tokens, zones, lag. */
export class Ec2 implements Ec2Model {
  readonly #instances = new Map<string, Tracked>();
  readonly #tokens = new ClientTokens();
  readonly #options: Ec2Options;
  #addresses = 0;

  constructor(options: Ec2Options) {
    this.#options = options;
  }

  /** Puts an instance that has been running for long; no hook is called, no event is told. */
  give(given: Given): InstanceRecord {
    const subnetId = this.#options.resources.subnets[given.zone];
    if (subnetId === undefined)
      throw new Error(
        `world: resources.subnets has no subnet for zone "${given.zone}"; name one for each of config.zones`,
      );
    const record = this.#newRecord({ ...given, subnetId, market: 'on-demand' }, given.launchedAt, 'running');
    this.#track(record, undefined);
    return record;
  }

  runInstances(input: RunInstancesInput): { reservationId: string; instances: InstanceRecord[] } {
    const request = resolveRequest(input, this.#options.config, this.#options.resources);
    const before = this.#tokens.recall(input, request.zone);
    if (before) return { reservationId: before.reservationId, instances: before.instances.map(copy) };
    const reservationId = `r-${this.#options.random.hex(17)}`;
    const instances = Array.from({ length: request.maxCount }, () => this.#launch(request, input.clientToken));
    this.#tokens.remember(input, request.zone, reservationId, instances);
    return { reservationId, instances: instances.map(copy) };
  }

  describeInstances({ ids, filters = [] }: { ids?: string[]; filters?: Filter[] }): InstanceRecord[] {
    const matches = matcher(filters);
    const visible = [...this.#instances.values()]
      .map((tracked) => this.#asSeen(tracked))
      .filter((seen) => seen !== undefined);
    const wanted = ids ? new Set(ids) : undefined;
    if (ids) refuseUnknown(ids, new Set(visible.map(({ id }) => id)));
    return visible.filter((instance) => (wanted?.has(instance.id) ?? true) && matches(instance)).map(copy);
  }

  terminateInstances(ids: string[]): { id: string; previous: string; current: string }[] {
    if (ids.length === 0) throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceId');
    refuseUnknown(
      ids,
      new Set([...this.#instances.values()].filter((t) => !this.#forgotten(t.record)).map((t) => t.record.id)),
    );
    return ids.map((id) => {
      const tracked = this.#instances.get(id) as Tracked;
      const previous = tracked.record.state;
      this.#shutDown(tracked, 'call');
      return { id, previous, current: tracked.record.state };
    });
  }

  all(): InstanceRecord[] {
    return [...this.#instances.values()].map(({ record }) => record);
  }

  /** Somebody writes other tags on it: all that it had are gone. */
  retag(id: string, tags: Record<string, string>): void {
    const tracked = this.#instances.get(id);
    if (!tracked) return;
    tracked.record.tags = tags;
    tracked.history.push({ at: this.#options.clock.now(), record: copy(tracked.record) });
  }

  /** Spot interruption: the notice now, the end two minutes later. An instance that has ended before then is left alone. */
  interrupt(id: string): void {
    const tracked = this.#instances.get(id);
    if (!tracked || !isLive(tracked.record)) return;
    const { clock, emit } = this.#options;
    emit({ at: clock.now(), kind: 'spot-warning', instance: id });
    clock.schedule(clock.now() + SPOT_NOTICE_MS, () => this.#shutDown(tracked, 'interruption'));
  }

  #launch(request: ResolvedRequest, clientToken: string | undefined): InstanceRecord {
    const { clock, emit, hooks, timings } = this.#options;
    const at = clock.now();
    const record = this.#newRecord(request, at, 'pending');
    if (clientToken !== undefined) record.clientToken = clientToken;
    if (request.templateId !== undefined) record.templateId = request.templateId;
    if (request.templateVersion !== undefined) record.templateVersion = request.templateVersion;
    Object.assign(record.tags, templateTags(request));
    const tracked = this.#track(record, request.pool);
    const operation = record.tags[TAG.operation];
    const pool = record.tags[TAG.pool] ?? request.pool;
    emit({
      at,
      kind: 'instance-launched',
      instance: record.id,
      type: record.type,
      zone: record.zone,
      market: record.market,
      asked: request.maxCount,
      ...(pool === undefined ? {} : { pool }),
      ...(operation === undefined ? {} : { operation }),
    });
    hooks.launched(record, request.pool);
    clock.schedule(at + timings.launchMs, () => this.#start(tracked));
    return record;
  }

  #newRecord(
    from: {
      type: string;
      zone: string;
      subnetId: string;
      market: InstanceRecord['market'];
      tags: Record<string, string>;
    },
    launchedAt: number,
    state: InstanceRecord['state'],
  ): InstanceRecord {
    const { type, zone, subnetId, market, tags } = from;
    return {
      id: `i-${this.#options.random.hex(17)}`,
      state,
      type,
      zone,
      subnetId,
      privateIp: this.#nextAddress(zone),
      market,
      launchedAt,
      tags: { ...tags },
    };
  }

  /** The public subnets are `10.0.<n>.0/24` by order of zones; AWS keeps the first four addresses of each. */
  #nextAddress(zone: string): string {
    const n = this.#addresses++;
    return `10.0.${this.#options.config.zones.indexOf(zone) + 1 + 10 * Math.floor(n / 250)}.${4 + (n % 250)}`;
  }

  #track(record: InstanceRecord, pool: string | undefined): Tracked {
    const tracked = { record, pool, history: [{ at: record.launchedAt, record: copy(record) }] };
    this.#instances.set(record.id, tracked);
    return tracked;
  }

  #start(tracked: Tracked): void {
    if (tracked.record.state !== 'pending') return;
    this.#become(tracked, 'running');
    this.#options.hooks.running(tracked.record, tracked.pool);
  }

  #shutDown(tracked: Tracked, by: EndedBy): void {
    if (!isLive(tracked.record)) return;
    const { clock, hooks, timings } = this.#options;
    this.#become(tracked, 'shutting-down');
    hooks.stopping(tracked.record, by);
    clock.schedule(clock.now() + timings.shutdownMs, () => this.#become(tracked, 'terminated'));
  }

  #become(tracked: Tracked, state: InstanceRecord['state']): void {
    const at = this.#options.clock.now();
    tracked.record.state = state;
    if (state === 'terminated') tracked.record.endedAt = at;
    tracked.history.push({ at, record: copy(tracked.record) });
    this.#options.emit({ at, kind: 'instance-state', instance: tracked.record.id, state });
  }

  /** The record as it was one describe lag ago; undefined before and after it is visible. */
  #asSeen(tracked: Tracked): InstanceRecord | undefined {
    if (this.#forgotten(tracked.record)) return undefined;
    const at = this.#options.clock.now() - this.#options.timings.describeLagMs;
    return tracked.history.findLast((entry) => entry.at <= at)?.record;
  }

  #forgotten(record: InstanceRecord): boolean {
    return record.endedAt !== undefined && this.#options.clock.now() - record.endedAt > VISIBLE_AFTER_END_MS;
  }
}

/** EC2 puts them by itself on what is launched from a template (EC2 user guide, "Launch instances from a launch template"). */
const templateTags = ({ templateId, templateVersion }: ResolvedRequest): Record<string, string> => ({
  ...(templateId !== undefined && { 'aws:ec2launchtemplate:id': templateId }),
  ...(templateVersion !== undefined && { 'aws:ec2launchtemplate:version': templateVersion }),
});

const copy = (record: InstanceRecord): InstanceRecord => ({ ...record, tags: { ...record.tags } });

/** Costs money and may run pods. */
export const isLive = (record: InstanceRecord): boolean => record.state === 'pending' || record.state === 'running';

/** One bad id fails the whole batch, and nothing is done. */
function refuseUnknown(ids: string[], known: Set<string>): void {
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length === 1)
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${unknown[0]}' does not exist`);
  if (unknown.length > 1)
    throw new AwsError('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`);
}
