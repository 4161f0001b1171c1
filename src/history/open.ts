import path from 'node:path';
import { createDynamoClient } from '../adapters/dynamodb';
import { History } from '../adapters/dynamodb-history';
import { codeOf, describe } from '../adapters/errors';
import { loadConfigFile } from '../config/load';
import { resolveStage } from '../config/stage';
import { Unusable } from '../deploy/errors';
import { stageNames } from '../infra/names';
import { iso } from './explain';
import type { Found } from './look-up';

export interface Place {
  root: string;
  stage: string | undefined;
  configFile: string | undefined;
  env: NodeJS.ProcessEnv;
}

/** From a laptop DynamoDB is further away than from Lambda. */
const TIMEOUTS = { connectionMs: 5_000, requestMs: 15_000, deadlineMs: 30_000 };

/**
 * Opens the history of a stage, reads it, and closes it.
 *
 * @throws ConfigError for a bad stage or configuration; {@link Unusable} where the table cannot be read, or has nothing
 */
export async function readHistory(
  { root, stage: flag, configFile, env }: Place,
  read: (history: History) => Promise<Found | undefined>,
  until: number | undefined,
): Promise<{ cluster: string; table: string; found: Found }> {
  const stage = resolveStage({ flag, env: env.STAGE });
  const config = await loadConfigFile(configFile ?? path.join(root, 'autoscaler.config.ts'));
  const { cluster, historyTable: table } = stageNames(stage, config.stages.primary);
  const client = createDynamoClient(config.region, TIMEOUTS);
  try {
    const found = await read(new History({ client, historyTable: table, cluster }));
    if (found) return { cluster, table, found };
  } catch (error) {
    throw unreadable(error, table, config.region, stage);
  } finally {
    client.destroy();
  }
  throw new Unusable(table, '--tick', {
    value: until === undefined ? 'the last' : iso(until),
    rule: `holds no such tick of ${cluster}; a tick is kept for 14 days`,
    fix: 'name a later time; if there is none, see in the log of the function whether it runs',
  });
}

const LOGIN = 'log in, or name a profile: AWS_PROFILE=…';

/** By the names of AWS' errors. */
const CAUSES: Record<string, (table: string, stage: string) => { rule: string; fix: string }> = {
  ResourceNotFoundException: (_, stage) => ({
    rule: `stage ${stage} must be deployed there, in the account of your credentials`,
    fix: 'name the stage with --stage, or use the credentials of its account',
  }),
  AccessDeniedException: (table) => ({
    rule: `your credentials must allow dynamodb:Query on table/${table}`,
    fix: 'ask for that right (docs/security.md), or use other credentials',
  }),
  CredentialsProviderError: () => ({ rule: 'needs AWS credentials, and none were found', fix: LOGIN }),
  UnrecognizedClientException: () => ({ rule: 'needs valid AWS credentials', fix: LOGIN }),
  ExpiredTokenException: () => ({ rule: 'needs AWS credentials that have not expired', fix: LOGIN }),
};

function unreadable(error: unknown, table: string, region: string, stage: string): Unusable {
  const name = codeOf(error) ?? (error as { name?: string } | undefined)?.name ?? '';
  const cause = CAUSES[name]?.(table, stage) ?? {
    rule: `could not be read: ${describe(error)}`,
    fix: 'try again; AWS_ENDPOINT_URL_DYNAMODB, if it is set, must lead to a DynamoDB',
  };
  return new Unusable(`DynamoDB in ${region}`, table, { value: undefined, ...cause });
}
