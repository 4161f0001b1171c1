import { DynamoStore } from '../adapters/dynamodb';
import { deployed, LAPTOP_DEADLINE_MS, laptopClient, outOfReach, type Place } from './stage';

/**
 * Sets a person's switch in the state item, and nothing else of it. Not by the function: it must be to be stopped also
 * when it fails or is throttled, and the right for this can be narrowed to the one attribute, whereas whoever may invoke
 * the function may retire the cluster.
 *
 * @throws ConfigError for a bad stage or configuration; Unusable where the table is out of reach
 */
export async function setPaused(
  place: Place,
  paused: boolean,
): Promise<{ stage: string; cluster: string; paused: boolean }> {
  const stage = await deployed(place);
  const { table, historyTable, cluster, region } = stage;
  const client = laptopClient(region);
  try {
    const log = () => {};
    await new DynamoStore({ client, table, historyTable, cluster, log, deadlineMs: LAPTOP_DEADLINE_MS }).pause(paused);
    return { stage: stage.stage, cluster, paused };
  } catch (error) {
    const right = `dynamodb:UpdateItem on table/${table}`;
    throw outOfReach(error, { ...stage, service: 'DynamoDB', name: table, right });
  } finally {
    client.destroy();
  }
}
