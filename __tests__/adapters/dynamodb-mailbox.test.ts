import { createHash, randomBytes } from 'node:crypto';
import { DynamoMailbox, MailboxItems } from '../../src/adapters/dynamodb-mailbox';
import { UnreadableAttachment } from '../../src/adapters/dynamodb-mailbox-item';
import { LaptopMailbox } from '../../src/adapters/dynamodb-mailbox-laptop';
import { AnswerTooLarge, MAX_ANSWER_BYTES } from '../../src/autoscaler/live/answer-size';
import { type Attachment, CONTRACT, type Handover } from '../../src/autoscaler/live/mailbox';
import { historyTable } from '../history/history-table';

/** Both ends of the mailbox, against a DynamoDB over the wire. */

const TABLE = 'k3s-cluster-history-test';
let table: Awaited<ReturnType<typeof historyTable>>;
let options: ConstructorParameters<typeof LaptopMailbox>[0];
beforeAll(async () => {
  table = await historyTable(TABLE, 'k3s-test');
  const now = () => Date.parse('2026-01-05T00:00:00Z');
  options = { client: table.client, historyTable: TABLE, cluster: 'k3s-test', now, deadlineMs: 20_000 };
});
afterAll(() => table.close());

const mine: Attachment = { owner: 'ana@mac', nonce: 'n-1', mode: 'live', contract: CONTRACT, since: 'now', beat: 1 };

/** Random, so that it does not get smaller by being packed. */
const bodyOf = (bytes: number): string => JSON.stringify({ noise: randomBytes(bytes).toString('latin1') });
const handoverOf = (body: string, over: Partial<Handover> = {}): Handover => ({
  id: createHash('sha256').update(body).digest('hex'),
  nonce: 'n-1',
  epoch: 3,
  body,
  ...over,
});

describe('the mailbox', () => {
  it.each([100, 349_000, 400_000])('carries a snapshot and an answer of %i random bytes', async (bytes) => {
    const [fn, laptop] = [new DynamoMailbox(options), new LaptopMailbox(options)];
    const handover = handoverOf(bodyOf(bytes));
    await fn.put(handover);
    const head = await laptop.handover(mine);
    expect(head).toMatchObject({ id: handover.id, epoch: 3 });
    if (!head) return;
    if (bytes > 349_000) expect(head.parts).toBeGreaterThan(1);
    expect((await laptop.body(head)) === handover.body).toBe(true);
    // WHEN as much is answered
    expect(await fn.answer(handover.id)).toBeUndefined();
    await laptop.answer(head, false, handover.body);
    const answer = await fn.answer(handover.id);
    expect(answer).toMatchObject({ nonce: 'n-1', epoch: 3, contract: CONTRACT, failed: false });
    expect(answer?.body === handover.body).toBe(true);
    expect(await fn.answer('of another snapshot')).toBeUndefined();
  });

  it('refuses what takes more than eight items', async () => {
    const fn = new DynamoMailbox(options);
    await expect(fn.put(handoverOf(bodyOf(3_000_000)))).rejects.toThrow('the snapshot takes more than 8 items');
  });

  it('carries a snapshot that is larger than an answer may be', async () => {
    const handover = handoverOf(bodyOf(1_200_000));
    await new DynamoMailbox(options).put(handover);
    const laptop = new LaptopMailbox(options);
    const head = await laptop.handover(mine);
    expect(head?.parts).toBeGreaterThan(3);
    expect(head && (await laptop.body(head)) === handover.body).toBe(true);
  });

  describe('takes an answer', () => {
    const head = { id: 'x', nonce: 'n-1', epoch: 3, contract: CONTRACT, failed: false };
    const [packed, noise] = [' '.repeat(MAX_ANSWER_BYTES), randomBytes(MAX_ANSWER_BYTES / 2).toString('hex')];

    it.each([
      packed,
      noise,
      randomBytes(MAX_ANSWER_BYTES)
        .toString('latin1')
        .replaceAll(/[^ -~]/g, '~'),
    ])('of exactly as much text as it may have', async (body) => {
      await new MailboxItems(options).send('answer', head, body);
      const answer = await new DynamoMailbox(options).answer('x');
      expect(answer?.body === body).toBe(true);
    });

    it.each([1, 23 * MAX_ANSWER_BYTES])('and unpacks nothing of one that has %i bytes more', async (more) => {
      await new MailboxItems(options).send('answer', head, ' '.repeat(MAX_ANSWER_BYTES + more));
      await expect(new DynamoMailbox(options).answer('x')).rejects.toThrow(AnswerTooLarge);
    });

    it('and reads no part of one that has more of them than it can have', async () => {
      const items = new MailboxItems(options);
      await items.put('answer', { ...head, parts: 3 });
      await expect(new DynamoMailbox(options).answer('x')).rejects.toThrow(/of its 3 parts/);
      await items.put('answer', { ...head, parts: 4 });
      const get = jest.spyOn(MailboxItems.prototype, 'get');
      await expect(new DynamoMailbox(options).answer('x')).rejects.toThrow(AnswerTooLarge);
      expect(get).toHaveBeenCalledTimes(1);
      get.mockRestore();
    });
  });

  it("is no mailbox of another attachment's", async () => {
    await new DynamoMailbox(options).put(handoverOf('{}', { nonce: 'n-2' }));
    expect(await new LaptopMailbox(options).handover(mine)).toBeUndefined();
  });

  it('tells of a part that lacks, is of another message, or is no part at all', async () => {
    const items = new MailboxItems(options);
    const fn = new DynamoMailbox(options);
    const head = { id: 'x', nonce: 'n-1', epoch: 3, contract: CONTRACT, failed: false };
    await items.put('answer', { ...head, parts: 1_000_000 });
    await expect(fn.answer('x')).rejects.toThrow(AnswerTooLarge);
    await items.put('answer', { ...head, parts: 0 });
    await expect(fn.answer('x')).rejects.toThrow('the answer has 0 parts');
    await items.send('answer', head, '{}');
    await items.put('answer#1', { id: 'y' }, { data: Buffer.from('z') });
    await expect(fn.answer('x')).rejects.toThrow('the answer has 0 of its 1 parts');
    await items.put('answer#1', { id: 'x' }, { data: Buffer.from('no gzip') });
    await expect(fn.answer('x')).rejects.toThrow(/header/);
  });

  it.each<[string, Record<string, string | number>]>([
    ['has an owner that would take over a terminal', { owner: '\u001b[2J' }],
    ['has a time that would', { since: '2026\u202e' }],
    ['has no beat', { beat: 'often' }],
    ['is of an unknown mode', { mode: 'mine' }],
    ['is the largest item that there may be', { nonce: 'x'.repeat(400 * 1024 - 500) }],
    ['speaks a contract without end', { contract: 'x'.repeat(129) }],
  ])('an attachment that %s is told of by both ends', async (_, change) => {
    await new MailboxItems(options).put('attachment', { ...mine, ...change });
    await expect(new DynamoMailbox(options).attachment()).rejects.toThrow(UnreadableAttachment);
    await expect(new LaptopMailbox(options).attachment()).rejects.toThrow(UnreadableAttachment);
  });

  it('is asked who is attached by the function at half the price, since each tick asks', async () => {
    const send = jest.spyOn(table.client, 'send');
    await new MailboxItems(options).remove('attachment', 'nonce <> :none', { ':none': { S: '' } });
    send.mockClear();
    expect(await new DynamoMailbox(options).attachment()).toBeUndefined();
    expect(send.mock.calls.map(([command]) => command.input)).toEqual([
      expect.objectContaining({ ConsistentRead: false }),
    ]);
    send.mockRestore();
    expect(await new LaptopMailbox(options).attach(mine, undefined)).toBe(true);
  });

  it('every item of it expires', async () => {
    const items = new MailboxItems(options);
    for (const at of ['attachment', 'snapshot', 'snapshot#1', 'answer', 'answer#1']) {
      expect((await items.get(at))?.expires_at?.N).toBe(String(Date.parse('2026-01-06T00:00:00Z') / 1000));
    }
  });
});
