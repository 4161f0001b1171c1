import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type Attachment, CONTRACT, type Word } from '../autoscaler/live/mailbox';
import { MailboxItems, type MailboxOptions } from './dynamodb-mailbox';
import { AT, attachmentOf, type Head, headOf, wordOf } from './dynamodb-mailbox-item';
import { toAttribute } from './dynamodb-values';

/** The laptop's end of the mailbox. Its rights: `GetItem`, `PutItem` and `DeleteItem` of the mailbox's hash key. */
export class LaptopMailbox {
  private readonly items: MailboxItems;

  constructor(options: MailboxOptions) {
    this.items = new MailboxItems(options);
  }

  /** @throws UnreadableAttachment */
  async attachment(): Promise<Attachment | undefined> {
    return attachmentOf(await this.items.get(AT.attachment));
  }

  /**
   * False where somebody else was quicker.
   *
   * @param dead who is taken over; absent: nobody may be there
   */
  async attach(mine: Attachment, dead: Attachment | undefined): Promise<boolean> {
    return this.write(mine, dead ? SAME_BEAT : 'attribute_not_exists(nonce)', dead);
  }

  /** False where it is another's by now. */
  async beat(mine: Attachment): Promise<boolean> {
    return this.write(mine, 'nonce = :nonce', mine);
  }

  /** Only what is still ours: whoever came after keeps theirs. */
  async detach(mine: Attachment): Promise<void> {
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
