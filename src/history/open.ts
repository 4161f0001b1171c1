import { History } from '../adapters/dynamodb-history';
import type { Tick } from '../adapters/dynamodb-history-item';
import { LOCAL_STAGE } from '../config';
import { Unusable } from '../deploy/errors';
import { deployed, laptopClient, outOfReach, type Place } from '../operate/stage';
import { iso } from './explain';
import { type Found, lookUp, nearest } from './look-up';
import { worldClient } from './world';

/** A tick that is further away than this is another one than was meant. */
const NEAR_MS = 3_600_000;

/** What is asked of a history. */
export interface Question {
  /** The tick nearest to this time; undefined: the last. */
  tick: number | undefined;
  /** How many to read back to. */
  recordings: number;
}

/**
 * Opens the history of a stage, or of a simulated world that runs now, reads back from a tick, and closes it.
 *
 * @param world its DynamoDB, as `dev` tells it
 * @throws ConfigError for a bad stage or configuration; {@link Unusable} where the table cannot be read, or has no tick near that time
 */
export async function readHistory(
  place: Place,
  { tick, recordings }: Question,
  world?: string,
): Promise<{ cluster: string; table: string; found: Found }> {
  const {
    cluster,
    historyTable: table,
    stage,
    region,
  } = await deployed(world === undefined ? place : { ...place, stage: LOCAL_STAGE });
  const client = world === undefined ? laptopClient(region) : worldClient(world, region);
  let near: Tick | undefined;
  try {
    const history = new History({ client, historyTable: table, cluster });
    near = tick === undefined ? undefined : await nearest(history, tick);
    if (tick === undefined || isNear(near, tick)) {
      const found = await lookUp(history, near?.key, recordings);
      if (found) return { cluster, table, found };
    }
  } catch (error) {
    const right = `dynamodb:Query on table/${table}`;
    throw outOfReach(error, { service: 'DynamoDB', name: table, right, stage, region });
  } finally {
    client.destroy();
  }
  throw new Unusable(table, '--tick', {
    value: tick === undefined ? 'the last' : iso(tick),
    rule: `holds no tick of ${cluster}${tick === undefined ? '' : ' within an hour of that time'}; a tick is kept for 14 days`,
    fix: near ? `the nearest is --tick ${iso(near.at)}` : 'see in the log of the function whether it runs',
  });
}

const isNear = (tick: Tick | undefined, time: number): tick is Tick =>
  tick !== undefined && Math.abs(tick.at - time) <= NEAR_MS;
