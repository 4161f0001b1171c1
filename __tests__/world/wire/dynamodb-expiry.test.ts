import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Wire } from '../../../src/world/contract';
import { START } from '../../../src/world/scenario/types';
import { startWire } from '../../../src/world/wire';
import { HandModel, prometheusPath } from './hand-model';

const DAY_MS = 86_400_000;

let model: HandModel;
let wire: Wire;
let client: DynamoDBClient;

beforeAll(async () => {
  model = new HandModel();
  wire = await startWire(model, { bundle: __filename, prometheus: await prometheusPath(), scrapeMs: DAY_MS, seed: 1 });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new DynamoDBClient({ region: 'us-east-1', credentials, endpoint: wire.addresses.dynamodb });
});
afterAll(async () => {
  client.destroy();
  await wire.stop();
});

it('the history keeps what has not expired, and loses what has within a day', async () => {
  const TableName = model.options.resources.historyTable;
  const put = (at: string, ms?: number) => {
    const expiry = ms === undefined ? {} : { expires_at: { N: String((START + ms) / 1000) } };
    return client.send(
      new PutItemCommand({ TableName, Item: { cluster_id: { S: 'demo' }, at: { S: at }, ...expiry } }),
    );
  };
  const kept = async () => (await client.send(new ScanCommand({ TableName }))).Items?.map(({ at }) => at?.S).sort();
  const invokedAt = async (ms: number) => {
    model.clock.advanceTo(START + ms);
    await wire.invoke([{ id: 'r', event: {} }]);
    return kept();
  };
  // GIVEN items that expire at different times, and one that never does
  await Promise.all([put('a', DAY_MS), put('b', 3 * DAY_MS), put('c')]);
  expect(await invokedAt(0)).toEqual(['a', 'b', 'c']);
  // WHEN time passes THEN each is gone at the first invocation a day after it expired, at the latest
  expect(await invokedAt(2 * DAY_MS)).toEqual(['b', 'c']);
  expect(await invokedAt(4 * DAY_MS)).toEqual(['c']);
});
