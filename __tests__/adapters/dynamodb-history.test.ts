import { randomBytes } from 'node:crypto';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Tick } from '../../src/adapters/dynamodb-history-item';
import type { HistoryEntry } from '../../src/autoscaler/ports';
import type { Recording } from '../../src/autoscaler/telling/recording';
import { historyTable } from '../history/history-table';

const NOW = Date.parse('2026-01-05T00:00:00Z');
const TABLE = 'k3s-cluster-history';
const MINUTE = 60_000;

const recordingOf = (padding: string) => ({ schema: 1, padding }) as unknown as Recording;
const entry = (minute: number, over: Partial<HistoryEntry> = {}): HistoryEntry => ({
  at: NOW + minute * MINUTE,
  epoch: minute,
  trigger: 'schedule',
  decision: { code: 'steady', text: 'Nothing.' },
  operations: [`op-${minute} ready`],
  actions: ['did it'],
  plan: 'abc',
  ttlSeconds: 3600,
  ...over,
});

describe('history', () => {
  let table: Awaited<ReturnType<typeof historyTable>>;
  beforeEach(async () => {
    table = await historyTable(TABLE, 'dev');
  });
  afterEach(() => table.close());

  const ticks = async (until: number): Promise<Tick[]> => {
    const found: Tick[] = [];
    for await (const tick of table.history.ticks(until)) found.push(tick);
    return found;
  };

  it('is read as it was written, the newest tick first, none after the time that was asked for', async () => {
    // GIVEN more ticks than a page holds
    for (let minute = 0; minute < 120; minute += 1) await table.store.record(entry(minute));
    // WHEN
    const found = await ticks(NOW + 110 * MINUTE);
    // THEN
    expect(found.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 111 }, (_, i) => 110 - i));
    expect(found[0]).toEqual({
      key: '2026-01-05T01:50:00.000Z#110',
      at: NOW + 110 * MINUTE,
      epoch: 110,
      trigger: 'schedule',
      decision: { code: 'steady', text: 'Nothing.' },
      operations: ['op-110 ready'],
      actions: ['did it'],
      plan: 'abc',
      parts: 0,
    });
  });

  it('says which sources a tick could not use, that it could use all, or nothing of it', async () => {
    const doubt = { source: 'metrics', reason: 'timeout', text: 'Prometheus is unknown' } as const;
    await table.store.record(entry(1, { doubts: [doubt] }));
    await table.store.record(entry(2, { doubts: [] }));
    await table.store.record(entry(3));
    expect((await ticks(NOW + 60 * MINUTE)).map(({ doubts }) => doubts)).toEqual([undefined, [], [doubt]]);
  });

  it('holds recordings of any size in parts, which no query for ticks reads', async () => {
    // GIVEN a recording that does not get smaller, and needs three parts
    const large = recordingOf(randomBytes(500_000).toString('hex'));
    await table.store.record(entry(1, { recording: large }));
    await table.store.record(entry(12, { recording: recordingOf('small') }));
    // WHEN
    const [second, first] = await ticks(NOW + 60 * MINUTE);
    // THEN
    expect(table.warnings).toEqual([]);
    expect([first?.parts, second?.parts]).toEqual([2, 1]);
    expect(await table.history.recording(first as Tick)).toEqual(large);
    expect(await table.history.recording(second as Tick)).toEqual(recordingOf('small'));
  });

  it('lets the parts expire with their tick', async () => {
    await table.store.record(entry(1, { recording: recordingOf('x') }));
    const { Items } = await table.client.send(new ScanCommand({ TableName: TABLE }));
    expect(Items?.map(({ expires_at }) => expires_at?.N)).toEqual(Array(2).fill(String(NOW / 1000 + 60 + 3600)));
  });

  it('records a tick without its snapshot where that is beyond all bounds', async () => {
    await table.store.record(entry(1, { recording: recordingOf(randomBytes(3_000_000).toString('hex')) }));
    expect(await ticks(NOW + 60 * MINUTE)).toMatchObject([{ parts: 0 }]);
    const { Items } = await table.client.send(new ScanCommand({ TableName: TABLE }));
    expect(Items).toHaveLength(1);
  });

  it('says so where a part is missing', async () => {
    await table.store.record(entry(1, { recording: recordingOf('x') }));
    await table.client.send(
      new DeleteItemCommand({
        TableName: TABLE,
        Key: { cluster_id: { S: 'dev#recordings' }, at: { S: '2026-01-05T00:01:00.000Z#1#1' } },
      }),
    );
    const [tick] = await ticks(NOW + 60 * MINUTE);
    await expect(table.history.recording(tick as Tick)).rejects.toThrow(
      'the recording of 2026-01-05T00:01:00.000Z#1 has 0 of its 1 parts',
    );
  });

  it('reads items of a time before there were actions and recordings', async () => {
    const { actions: _, plan: __, ...old } = entry(1);
    await table.store.record(old as HistoryEntry);
    expect(await ticks(NOW + 60 * MINUTE)).toMatchObject([{ actions: [], parts: 0 }]);
  });
});
