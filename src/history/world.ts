import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * Of the simulated world's DynamoDB. It asks nobody who they are, and no credentials of this machine are shown to it.
 *
 * @param endpoint `http://127.0.0.1:<port>`
 */
export const worldClient = (endpoint: string, region: string): DynamoDBClient =>
  new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: 'world', secretAccessKey: 'world' } });
