import path from 'node:path';
import { createDynamoClient } from '../adapters/dynamodb';
import { codeOf, describe } from '../adapters/errors';
import { loadConfigFile } from '../config/load';
import type { ResolvedConfig } from '../config/resolve';
import { resolveStage } from '../config/stage';
import { NotNow, Unusable } from '../deploy/errors';
import { type StageNames, stageNames } from '../infra/names';

export interface Place {
  root: string;
  stage: string | undefined;
  configFile: string | undefined;
  env: NodeJS.ProcessEnv;
}

/** A deployed stage, found by the names that `deploy` gives: nothing is asked for what can be reckoned. */
export interface Deployed extends StageNames {
  region: string;
  isProtected: boolean;
}

/** @throws ConfigError for a bad stage or configuration */
export const deployed = async (place: Place): Promise<Deployed> => (await configured(place)).stage;

/**
 * A stage, and the configuration that it is or would be deployed with from here.
 *
 * @throws ConfigError for a bad stage or configuration
 */
export async function configured({
  root,
  stage: flag,
  configFile,
  env,
}: Place): Promise<{ stage: Deployed; config: ResolvedConfig }> {
  const stage = resolveStage({ flag, env: env.STAGE });
  const config = await loadConfigFile(configFile ?? path.join(root, 'autoscaler.config.ts'));
  const isProtected = config.stages.protected.includes(stage);
  const names = stageNames(stage, config.stages.primary);
  return { stage: { ...names, region: config.region, isProtected }, config };
}

/** From a laptop AWS is further away than from Lambda. */
export const LAPTOP_TIMEOUTS = { connectionMs: 5_000, requestMs: 15_000, deadlineMs: 30_000 };

export const LAPTOP_DEADLINE_MS = LAPTOP_TIMEOUTS.deadlineMs;

export const laptopClient = (region: string) => createDynamoClient(region, LAPTOP_TIMEOUTS);

const LOGIN = 'log in, or name a profile: AWS_PROFILE=…';

type Cause = (stage: string, right: string) => { rule: string; fix: string };

const denied: Cause = (_, right) => ({
  rule: `your credentials must allow ${right}`,
  fix: 'ask for that right (docs/security.md), or use other credentials',
});
export const NEEDS_VALID = 'needs valid AWS credentials';
const invalid: Cause = () => ({ rule: NEEDS_VALID, fix: LOGIN });
const expired: Cause = () => ({ rule: 'needs AWS credentials that have not expired', fix: LOGIN });

/** By the names of AWS' errors: EC2, and STS, IAM and CloudWatch too, have words of their own. `right` is what the credentials must allow. */
const CAUSES: Record<string, Cause> = {
  ResourceNotFoundException: (stage) => ({
    rule: `stage ${stage} must be deployed there, in the account of your credentials`,
    fix: 'name the stage with --stage, or use the credentials of its account',
  }),
  AccessDeniedException: denied,
  AccessDenied: denied,
  UnauthorizedOperation: denied,
  CredentialsProviderError: () => ({ rule: 'needs AWS credentials, and none were found', fix: LOGIN }),
  UnrecognizedClientException: invalid,
  AuthFailure: invalid,
  InvalidClientTokenId: invalid,
  SignatureDoesNotMatch: invalid,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  RequestExpired: expired,
};

/** What AWS answered, said so that one knows what to do; `NotNow` where it is none of the causes above. */
export function outOfReach(
  error: unknown,
  {
    service,
    name,
    right,
    stage,
    region,
  }: Pick<Deployed, 'stage' | 'region'> & Record<'service' | 'name' | 'right', string>,
): Unusable {
  const code = codeOf(error) ?? (error as { name?: string } | undefined)?.name ?? '';
  const where = `${service} in ${region}`;
  const cause = CAUSES[code]?.(stage, right);
  if (cause !== undefined) return new Unusable(where, name, { value: undefined, ...cause });
  return new NotNow(where, name, {
    value: undefined,
    rule: `could not be asked: ${describe(error)}`,
    fix: `try again; AWS_ENDPOINT_URL_${service.toUpperCase().replaceAll(' ', '_')}, if it is set, must lead to ${service}`,
  });
}
