import { History } from '../adapters/dynamodb-history';
import { LOCAL_STAGE } from '../config';
import { Unusable } from '../deploy/errors';
import { deployed, laptopClient, outOfReach, type Place } from '../operate/stage';
import { iso } from './explain';
import type { Found } from './look-up';
import { worldClient } from './world';

/**
 * Opens the history of a stage, or of a simulated world that runs now, reads it, and closes it.
 *
 * @param world its DynamoDB, as `dev` tells it
 * @throws ConfigError for a bad stage or configuration; {@link Unusable} where the table cannot be read, or has nothing
 */
export async function readHistory(
  place: Place,
  read: (history: History) => Promise<Found | undefined>,
  until: number | undefined,
  world?: string,
): Promise<{ cluster: string; table: string; found: Found }> {
  const {
    cluster,
    historyTable: table,
    stage,
    region,
  } = await deployed(world === undefined ? place : { ...place, stage: LOCAL_STAGE });
  const client = world === undefined ? laptopClient(region) : worldClient(world, region);
  try {
    const found = await read(new History({ client, historyTable: table, cluster }));
    if (found) return { cluster, table, found };
  } catch (error) {
    const right = `dynamodb:Query on table/${table}`;
    throw outOfReach(error, { service: 'DynamoDB', name: table, right, stage, region });
  } finally {
    client.destroy();
  }
  throw new Unusable(table, '--tick', {
    value: until === undefined ? 'the last' : iso(until),
    rule: `holds no such tick of ${cluster}; a tick is kept for 14 days`,
    fix: 'name a later time; if there is none, see in the log of the function whether it runs',
  });
}
