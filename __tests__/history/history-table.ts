import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { createDynamoClient, DynamoStore } from '../../src/adapters/dynamodb';
import { History } from '../../src/adapters/dynamodb-history';
import { createHistoryTable } from '../support/tables';

/** A history table in a DynamoDB of its own, with the store that writes it and the reader. */
export async function historyTable(table: string, cluster: string) {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  Object.assign(process.env, env);
  const client = createDynamoClient('us-east-1', { connectionMs: 5_000, requestMs: 10_000, deadlineMs: 20_000 });
  await createHistoryTable(client, table);
  const warnings: Record<string, unknown>[] = [];
  return {
    client,
    env,
    warnings,
    store: new DynamoStore({
      client,
      table: 'none',
      historyTable: table,
      cluster,
      log: (line) => warnings.push(line),
      deadlineMs: 20_000,
    }),
    history: new History({ client, historyTable: table, cluster }),
    async close() {
      for (const name of Object.keys(env)) delete process.env[name];
      client.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
