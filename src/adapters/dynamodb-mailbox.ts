import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { AnswerTooLarge, MAX_ANSWER_BYTES } from '../autoscaler/live/answer-size';
import {
  type Answer,
  type Attachment,
  CONTRACT,
  type Handover,
  type Mailbox,
  type Word,
} from '../autoscaler/live/mailbox';
import { mailboxKey } from '../autoscaler/names';
import { withDeadline } from './aws';
import { AT, attachmentOf, type Head, headOf, type Item, itemOf, partKey } from './dynamodb-mailbox-item';
import { MAX_PARTS, MAX_TEXT_BYTES, partsAtMost, partsOf, TextTooLarge, textOf } from './dynamodb-parts';

/** Of one call by the function: a tick has other things to do than to wait for a mailbox. */
export const MAILBOX_DEADLINE_MS = 2_000;

export interface MailboxOptions {
  client: DynamoDBClient;
  historyTable: string;
  cluster: string;
  /** For the time after which DynamoDB may take an item away. */
  now(): number;
  /** Of one call, with the SDK's own attempts. */
  deadlineMs: number;
}

/** The items of one mailbox, as either end reads and writes them. */
export class MailboxItems {
  constructor(private readonly options: MailboxOptions) {}

  /** Without `isConsistent` it may be as it was a moment ago, for half the price. */
  async get(at: string, isConsistent = true): Promise<Item | undefined> {
    const { client, historyTable: TableName, cluster } = this.options;
    const Key = { cluster_id: { S: mailboxKey(cluster) }, at: { S: at } };
    const command = new GetItemCommand({ TableName, Key, ConsistentRead: isConsistent });
    return (await this.call('GetItem', (abortSignal) => client.send(command, { abortSignal }))).Item;
  }

  /** @param also the condition under which it is written */
  async put(
    at: string,
    fields: Parameters<typeof itemOf>[3],
    also: { data?: Uint8Array; ConditionExpression?: string; values?: Record<string, AttributeValue> } = {},
  ): Promise<void> {
    const { client, historyTable: TableName, cluster, now } = this.options;
    const { data, ConditionExpression, values } = also;
    const Item = { ...itemOf(cluster, at, now(), fields), ...(data && { data: { B: data } }) };
    const command = new PutItemCommand({
      TableName,
      Item,
      ...(ConditionExpression !== undefined && { ConditionExpression }),
      ...(values && { ExpressionAttributeValues: values }),
    });
    await this.call('PutItem', (abortSignal) => client.send(command, { abortSignal }));
  }

  async remove(at: string, ConditionExpression: string, values: Record<string, AttributeValue>): Promise<void> {
    const { client, historyTable: TableName, cluster } = this.options;
    const Key = { cluster_id: { S: mailboxKey(cluster) }, at: { S: at } };
    const condition = { ConditionExpression, ExpressionAttributeValues: values };
    const command = new DeleteItemCommand({ TableName, Key, ...condition });
    await this.call('DeleteItem', (abortSignal) => client.send(command, { abortSignal }));
  }

  /** Its parts side by side, and then its head: whoever sees the head finds the parts. */
  async send(at: string, head: Omit<Head, 'parts'>, body: string): Promise<void> {
    const parts = partsOf(body);
    if (!parts) throw new Error(`the ${at} takes more than ${MAX_PARTS} items`);
    const { id, nonce, epoch, contract, failed } = head;
    await Promise.all(parts.map((data, i) => this.put(partKey(at, i), { id }, { data })));
    await this.put(at, { id, nonce, epoch, contract, failed, parts: parts.length });
  }

  /** @throws where a part lacks, or is of another message, and TextTooLarge */
  async body(at: string, { id, parts }: Head, mostBytes = MAX_TEXT_BYTES): Promise<string> {
    if (!Number.isInteger(parts) || parts < 1 || parts > MAX_PARTS) throw new Error(`the ${at} has ${parts} parts`);
    const items = await Promise.all(Array.from({ length: parts }, (_, i) => this.get(partKey(at, i))));
    const data = items.flatMap((item) => (item?.id?.S === id && item.data?.B ? [item.data.B] : []));
    if (data.length < parts) throw new Error(`the ${at} has ${data.length} of its ${parts} parts`);
    return textOf(data, mostBytes);
  }

  call<T>(operation: string, call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(`DynamoDB ${operation} of the mailbox`, this.options.deadlineMs, call);
  }
}

/** The function's end. Its rights: `GetItem` and `PutItem` of this hash key. */
export class DynamoMailbox implements Mailbox {
  private readonly items: MailboxItems;

  constructor(options: MailboxOptions) {
    this.items = new MailboxItems(options);
  }

  /**
   * Each tick asks, with a laptop or without one, so the cheapest read does: one that attached or beat just now is seen at
   * the next look.
   *
   * @throws UnreadableAttachment
   */
  async attachment(): Promise<Attachment | undefined> {
    return attachmentOf(await this.items.get(AT.attachment, false));
  }

  async put({ body, ...head }: Handover): Promise<void> {
    await this.items.send(AT.snapshot, { ...head, contract: CONTRACT, failed: false }, body);
  }

  async answer(id: string): Promise<Answer | undefined> {
    const head = headOf(await this.items.get(AT.answer));
    if (head?.id !== id) return undefined;
    const { nonce, epoch, contract, failed } = head;
    return { nonce, epoch, contract, failed, body: await this.answered(head) };
  }

  /** Whoever wrote it: neither more items are read nor more text is unpacked than an answer may have. */
  private async answered(head: Head): Promise<string> {
    if (head.parts > partsAtMost(MAX_ANSWER_BYTES)) throw new AnswerTooLarge();
    try {
      return await this.items.body(AT.answer, head, MAX_ANSWER_BYTES);
    } catch (error) {
      throw error instanceof TextTooLarge ? new AnswerTooLarge() : error;
    }
  }

  async say(word: Word): Promise<void> {
    await this.items.put(AT.word, { ...word });
  }
}
