import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { releaseAnyway } from '../autoscaler/lease';
import { type Notice, noticeText, SEATS } from '../autoscaler/notices';
import type { HistoryEntry, Lease, LeaseRequest, Release, SaveOutcome, StateStore } from '../autoscaler/ports';
import type { ClusterState } from '../autoscaler/state';
import { AWS_TIMEOUTS, type AwsTimeouts, handlerOptions, withDeadline } from './aws';
import { encodeHistory } from './dynamodb-history-item';
import { decodeNotices, decodeState, encodeState, iso } from './dynamodb-item';
import { toAttribute, toAttributes } from './dynamodb-values';
import { describe } from './errors';

/**
 * Never dual-stack, never by account id: the VPC's gateway endpoint carries the regional IPv4 name only, and any other
 * name times out there.
 */
export const createDynamoClient = (region: string, timeouts: AwsTimeouts = AWS_TIMEOUTS): DynamoDBClient =>
  new DynamoDBClient({
    region,
    maxAttempts: 3,
    useDualstackEndpoint: false,
    accountIdEndpointMode: 'disabled',
    requestHandler: handlerOptions(timeouts),
  });

export interface DynamoStoreOptions {
  client: DynamoDBClient;
  /** Holds the state item and nothing else. */
  table: string;
  historyTable: string;
  /** Key of the state item, and of the history. */
  cluster: string;
  /** For a history item that could not be written. */
  log: (line: Record<string, unknown>) => void;
  /** Of one call, with the SDK's own attempts. */
  deadlineMs?: number;
}

/**
 * The state item, its lease and its fence.
 *
 *   acquire ── lease_until = now + lease, epoch + 1 ──▶ save (epoch = mine) … ──▶ release ── lease_until = 0
 *      │ held by somebody else                              │ epoch moved on: lost    │ wake moved on: woken
 *      └─▶ wake + 1, end                                    └─▶ stop                  └─▶ look again
 *
 * An epoch is given out once, so it alone tells the holder: a late one is refused however long it slept. On `woken`
 * the lease is kept: the holder looks once more and releases with the mark it was told.
 */
export class DynamoStore implements StateStore {
  readonly #options: DynamoStoreOptions;
  readonly #key: Record<string, AttributeValue>;

  constructor(options: DynamoStoreOptions) {
    this.#options = options;
    this.#key = { cluster_id: { S: options.cluster } };
  }

  /** Throws what the SDK throws, and `StateItemError`: then the lease is given back first. */
  async acquire(request: LeaseRequest): Promise<Lease> {
    const taken = await this.#take(request);
    if (taken !== undefined) return this.#readLease(taken);
    const left = await this.#leaveMark();
    // Freed between the refusal and the mark: its holder may not have seen the mark, so nobody else would come.
    const again = numberOf(left, 'lease_until') < request.now ? await this.#take(request) : undefined;
    if (again !== undefined) return this.#readLease(again);
    return { held: false, owner: left.lease_owner?.S ?? '', until: numberOf(left, 'lease_until') };
  }

  async read(): Promise<ClusterState> {
    return decodeState(await this.#get());
  }

  async save(epoch: number, state: ClusterState, consumed: readonly Notice[] = []): Promise<SaveOutcome> {
    const fields = { ...toAttributes(encodeState(state)), paused: toAttribute(state.paused) };
    const names = Object.keys(fields);
    const updated = await this.#updateIf({
      // A person may pause while a tick runs: what is there stays.
      UpdateExpression: `SET ${names.map((n) => (n === 'paused' ? '#paused = if_not_exists(#paused, :paused)' : `#${n} = :${n}`)).join(', ')}${consumed.length > 0 ? ' DELETE #notices :consumed' : ''}`,
      ConditionExpression: HOLDER,
      ExpressionAttributeNames: {
        ...HOLDER_NAMES,
        ...Object.fromEntries(names.map((n) => [`#${n}`, n])),
        ...(consumed.length > 0 && { '#notices': 'notices' }),
      },
      ExpressionAttributeValues: {
        ':epoch': toAttribute(epoch),
        ...(consumed.length > 0 && { ':consumed': { SS: consumed.map(noticeText) } }),
        ...Object.fromEntries(Object.entries(fields).map(([n, value]) => [`:${n}`, value])),
      },
    });
    if (updated === undefined) return 'lost';
    return isRetired(updated) ? 'retired' : 'saved';
  }

  async release(epoch: number, seenWake: number): Promise<Release> {
    const updated = await this.#updateIf({
      UpdateExpression: 'SET #until = :never, #iso = :free REMOVE #owner',
      ConditionExpression: `${HOLDER} AND (#wake = :seen OR (attribute_not_exists(#wake) AND :seen = :never))`,
      ExpressionAttributeNames: { ...HOLDER_NAMES, ...LEASE_NAMES, '#wake': 'wake' },
      ExpressionAttributeValues: {
        ':epoch': toAttribute(epoch),
        ':seen': toAttribute(seenWake),
        ':never': toAttribute(0),
        ':free': toAttribute('free'),
      },
    });
    return updated === undefined ? this.#whyNotReleased(epoch) : { outcome: 'released' };
  }

  async retire(now: number): Promise<number> {
    const marked = await this.#updateIf({
      UpdateExpression: 'SET #at = if_not_exists(#at, :at), #iso = if_not_exists(#iso, :iso)',
      ExpressionAttributeNames: { '#at': 'retired', '#iso': 'retired_iso' },
      ExpressionAttributeValues: { ':at': toAttribute(now), ':iso': toAttribute(iso(now)) },
    });
    return numberOf(marked ?? {}, 'retired');
  }

  async notify(notice: Notice): Promise<'noted' | 'full'> {
    const noted = await this.#updateIf({
      // The mark goes with it: a holder that has read the notices already looks again before it ends.
      UpdateExpression: 'ADD #notices :notice, #wake :one',
      ConditionExpression: 'attribute_not_exists(#notices) OR size(#notices) < :most',
      ExpressionAttributeNames: { '#notices': 'notices', '#wake': 'wake' },
      ExpressionAttributeValues: {
        ':notice': { SS: [noticeText(notice)] },
        ':one': toAttribute(1),
        ':most': toAttribute(SEATS[notice.kind]),
      },
    });
    return noted === undefined ? 'full' : 'noted';
  }

  async pause(paused: boolean): Promise<void> {
    await this.#updateIf({
      // A right that is narrowed to this one attribute does not let the others be answered.
      ReturnValues: 'NONE',
      UpdateExpression: 'SET #paused = :paused',
      ExpressionAttributeNames: { '#paused': 'paused' },
      ExpressionAttributeValues: { ':paused': toAttribute(paused) },
    });
  }

  async record(entry: HistoryEntry): Promise<void> {
    try {
      for (const Item of encodeHistory(this.#options.cluster, entry)) {
        const command = new PutItemCommand({ TableName: this.#options.historyTable, Item });
        await this.#call('PutItem', (abortSignal) => this.#options.client.send(command, { abortSignal }));
      }
    } catch (error) {
      this.#options.log({ level: 'warn', message: 'The history item was not written.', error: describe(error) });
    }
  }

  /** The one conditional write that takes the lease; all attributes after it, or undefined when it is held. */
  async #take({ owner, now, leaseMs }: LeaseRequest): Promise<Item | undefined> {
    return this.#updateIf({
      UpdateExpression: 'SET #owner = :me, #until = :until, #iso = :iso ADD #epoch :one',
      ConditionExpression: 'attribute_not_exists(#until) OR #until < :now OR #owner = :me',
      ExpressionAttributeNames: { ...LEASE_NAMES, '#epoch': 'epoch' },
      ExpressionAttributeValues: {
        ':me': toAttribute(owner),
        ':now': toAttribute(now),
        ':until': toAttribute(now + leaseMs),
        ':iso': toAttribute(iso(now + leaseMs)),
        ':one': toAttribute(1),
      },
    });
  }

  /** Unfenced, as are `retire`, `notify` and `pause`. Its answer also tells who holds the lease. */
  async #leaveMark(): Promise<Item> {
    const marked = await this.#updateIf({
      UpdateExpression: 'ADD #wake :one',
      ExpressionAttributeNames: { '#wake': 'wake' },
      ExpressionAttributeValues: { ':one': toAttribute(1) },
    });
    return marked ?? {};
  }

  async #readLease(item: Item): Promise<Lease> {
    const epoch = numberOf(item, 'epoch');
    try {
      return { held: true, epoch, wake: numberOf(item, 'wake'), state: decodeState(item) };
    } catch (error) {
      // The repaired version should not wait for a lease that nobody uses. The first error is the one to show.
      await releaseAnyway(this, epoch, numberOf(item, 'wake')).catch(() => undefined);
      throw error;
    }
  }

  async #whyNotReleased(epoch: number): Promise<Release> {
    const item = await this.#get();
    if (numberOf(item, 'epoch') !== epoch) return { outcome: 'lost' };
    // Same epoch and no owner: our own write went through and its answer was lost.
    if (item.lease_owner === undefined) return { outcome: 'released' };
    const notices = decodeNotices(item.notices);
    const paused = item.paused?.BOOL ?? false;
    return { outcome: 'woken', wake: numberOf(item, 'wake'), retired: isRetired(item), paused, notices };
  }

  /** All attributes now; none before the first write. */
  async #get(): Promise<Item> {
    const input = { TableName: this.#options.table, Key: this.#key, ConsistentRead: true };
    const answer = await this.#call('GetItem', (abortSignal) =>
      this.#options.client.send(new GetItemCommand(input), { abortSignal }),
    );
    return answer.Item ?? {};
  }

  /** All attributes after the update; undefined when its condition failed. */
  async #updateIf(input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<Item | undefined> {
    const command = new UpdateItemCommand({
      TableName: this.#options.table,
      Key: this.#key,
      ReturnValues: 'ALL_NEW',
      ...input,
    });
    try {
      const answer = await this.#call('UpdateItem', (abortSignal) =>
        this.#options.client.send(command, { abortSignal }),
      );
      return answer.Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  #call<T>(operation: string, call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(`DynamoDB ${operation}`, this.#options.deadlineMs ?? AWS_TIMEOUTS.deadlineMs, call);
  }
}

type Item = Record<string, AttributeValue>;

/** `lease_owner` is absent once the lease was given back: then even the last epoch may not write. */
const HOLDER = '#epoch = :epoch AND attribute_exists(#owner)';
const HOLDER_NAMES = { '#epoch': 'epoch', '#owner': 'lease_owner' };
const LEASE_NAMES = { '#owner': 'lease_owner', '#until': 'lease_until', '#iso': 'lease_until_iso' };

const isRetired = (item: Item): boolean => item.retired !== undefined;

const numberOf = (item: Item, field: string): number => Number(item[field]?.N ?? 0);
