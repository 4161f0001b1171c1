import { userInfo } from 'node:os';
import { ConfigError } from './errors';

/** A stage is one deployment of this project: `dev-ana`, `prod`. Its cluster bears its name on everything in AWS. */

export const STAGE = /^[a-z][a-z0-9-]{0,14}[a-z0-9]$/;
export const STAGE_RULE = '2 to 16 of a-z, 0-9 and -, starting with a letter and not ending with -';
const MAX_LENGTH = 16;

export const clusterName = (stage: string): string => `k3s-${stage}`;

/** The simulated world's own: nothing is deployed under it. Its history can be asked like any other's. */
export const LOCAL_STAGE = 'local';
export const LOCAL_CLUSTER = clusterName(LOCAL_STAGE);

/** `dev-<user>`, cut to what a stage may be. */
export function defaultStage(user: string = userInfo().username): string {
  const name = user.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
  return `dev-${name === '' ? 'me' : name}`.slice(0, MAX_LENGTH).replace(/-+$/, '');
}

/**
 * `--stage`, else the environment's `STAGE`, else `dev-<user>`.
 *
 * @throws ConfigError where the name is not 2 to 16 of a-z, 0-9 and -, a letter first
 */
export function resolveStage(
  options: { flag?: string | undefined; env?: string | undefined; user?: string | undefined } = {},
): string {
  const given = options.flag ?? (options.env === '' ? undefined : options.env);
  const stage = given ?? defaultStage(options.user);
  if (STAGE.test(stage)) return stage;
  throw new ConfigError(options.flag === undefined ? 'STAGE' : '--stage', [
    {
      keys: ['stage'],
      value: stage,
      rule: `must be ${STAGE_RULE}`,
      fix: "write for example 'dev-ana' or 'prod'",
    },
  ]);
}
