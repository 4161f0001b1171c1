import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Attachment, CONTRACT, type Word } from '../autoscaler/live/mailbox';
import { LAPTOP } from './dynamodb';
import { MailboxItems, type MailboxOptions } from './dynamodb-mailbox';
import { AT, attachmentOf, type Head, headOf, wordOf } from './dynamodb-mailbox-item';
import { toAttribute } from './dynamodb-values';

/** Somebody is there in a form that this version does not know: whether they live cannot be told. */
export class UnreadableAttachment extends Error {
  override name = 'UnreadableAttachment';
}

/**
 * The laptop's end of the mailbox. Its rights: `GetItem`, `PutItem` and `DeleteItem` of the mailbox's hash key, and
 * `UpdateItem` of the one attribute `live` of the state item, which makes the function look here at all.
 */
export class LaptopMailbox {
  private readonly items: MailboxItems;

  /** @param options.table of the state item */
  constructor(private readonly options: MailboxOptions & { table: string }) {
    this.items = new MailboxItems(options);
  }

  /** @throws UnreadableAttachment */
  async attachment(): Promise<Attachment | undefined> {
    const item = await this.items.get(AT.attachment);
    const attachment = attachmentOf(item);
    if (item && !attachment) throw new UnreadableAttachment();
    return attachment;
  }

  /**
   * False where somebody else was quicker.
   *
   * @param dead who is taken over; absent: nobody may be there
   */
  async attach(mine: Attachment, dead: Attachment | undefined): Promise<boolean> {
    const isFree = dead ? SAME_BEAT : 'attribute_not_exists(nonce)';
    if (!(await this.write(mine, isFree, dead))) return false;
    await this.mark('SET #live = :mine', mine);
    return true;
  }

  /** False where it is another's by now. */
  async beat(mine: Attachment): Promise<boolean> {
    return this.write(mine, 'nonce = :nonce', mine);
  }

  /** Only what is still ours: whoever came after keeps theirs. */
  async detach(mine: Attachment): Promise<void> {
    await this.mark('REMOVE #live', mine, '#live = :mine');
    await unlessRefused(this.items.remove(AT.attachment, 'nonce = :nonce', { ':nonce': toAttribute(mine.nonce) }));
  }

  /** The last one that was handed over to this attachment. */
  async handover({ nonce }: Attachment): Promise<Head | undefined> {
    const head = headOf(await this.items.get(AT.snapshot));
    return head?.nonce === nonce ? head : undefined;
  }

  /** A `Parcel` as JSON. */
  body(head: Head): Promise<string> {
    return this.items.body(AT.snapshot, head);
  }

  /** @param body a `Plan` as JSON, or why there is none */
  async answer({ id, nonce, epoch }: Head, failed: boolean, body: string): Promise<void> {
    await this.items.send(AT.answer, { id, nonce, epoch, contract: CONTRACT, failed }, body);
  }

  async word({ nonce }: Attachment): Promise<Word | undefined> {
    const word = wordOf(await this.items.get(AT.word));
    return word?.nonce === nonce ? word : undefined;
  }

  private write(mine: Attachment, condition: string, known: Attachment | undefined): Promise<boolean> {
    const values = {
      ...(known && { ':nonce': toAttribute(known.nonce) }),
      ...(condition === SAME_BEAT && known && { ':beat': toAttribute(known.beat) }),
    };
    return unlessRefused(
      this.items.put(AT.attachment, { ...mine }, { ConditionExpression: condition, ...(known && { values }) }),
    );
  }

  /** Without the state being answered: a right that is narrowed to the one attribute does not let it. */
  private async mark(UpdateExpression: string, mine: Attachment, ConditionExpression?: string): Promise<void> {
    const { client, table, cluster } = this.options;
    const command = new UpdateItemCommand({
      TableName: table,
      Key: { cluster_id: { S: cluster } },
      UpdateExpression,
      ...(ConditionExpression !== undefined && { ConditionExpression }),
      ExpressionAttributeNames: { '#live': LAPTOP },
      ExpressionAttributeValues: { ':mine': toAttribute(mine.nonce) },
      ReturnValues: 'NONE',
    });
    await unlessRefused(this.items.call('UpdateItem', (abortSignal) => client.send(command, { abortSignal })));
  }
}

/** It has not moved since it was listened to. */
const SAME_BEAT = 'nonce = :nonce AND beat = :beat';

async function unlessRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
