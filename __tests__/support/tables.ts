import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The tables as the stack makes them (`src/infra/state.ts`), in a DynamoDB of a test's own. */

const create = (client: DynamoDBClient, table: string, [hash, range]: [hash: string, range?: string]) => {
  const keys = [hash, ...(range === undefined ? [] : [range])];
  return client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    }),
  );
};

export const createStateTable = (client: DynamoDBClient, table: string) => create(client, table, ['cluster_id']);

export const createHistoryTable = (client: DynamoDBClient, table: string) =>
  create(client, table, ['cluster_id', 'at']);
