import type { GithubAccess } from '../infra/github-roles';
import { Refusal } from './errors';

/** What the command line says about GitHub. */
export interface GithubFlags {
  /** False: take the roles away. Undefined: leave them as they are. */
  repository?: string | false | undefined;
  environments?: string[] | undefined;
  existingProvider?: boolean | undefined;
}

/** `OWNER/REPO`, both with their numbers or both without. */
const REPOSITORY = /^[A-Za-z0-9-]+(@\d+\/[A-Za-z0-9._-]+@\d+|\/[A-Za-z0-9._-]+)$/;
const ENVIRONMENT = /^[A-Za-z0-9._-]+$/;

export const hasIds = (repository: string): boolean => repository.includes('@');

const refuse = (flag: string, value: unknown, rule: string, fix: string): never => {
  throw new Refusal('command line', flag, { value, rule, fix });
};

/**
 * Who of GitHub gets roles: as the flags say, and where they say nothing as it was, so that a later run without them takes
 * nothing away.
 *
 * @param before what the state remembers
 * @param protectedStages environments for the first time: deployments usually have the names of stages
 * @throws {Refusal}
 */
export function githubAccess(
  flags: GithubFlags,
  before: GithubAccess | undefined,
  protectedStages: string[],
): GithubAccess | undefined {
  if (flags.repository === false) return undefined;
  const repository = flags.repository ?? before?.repository;
  if (repository === undefined) {
    if (flags.environments === undefined && flags.existingProvider === undefined) return undefined;
    return refuse('--github', undefined, 'the other flags about GitHub need it', 'add --github OWNER/REPO');
  }
  if (!REPOSITORY.test(repository)) {
    refuse('--github', repository, 'must be OWNER/REPO or OWNER@ID/REPO@ID', 'write for example --github acme/cluster');
  }
  const environments = flags.environments ?? before?.environments ?? protectedStages;
  if (environments.length === 0 || !environments.every((name) => ENVIRONMENT.test(name))) {
    // A `*` or a `:` in it would let in more than one environment.
    const rule = 'must be names of environments of the repository, of letters, digits, ".", "_" and "-"';
    refuse('--environments', environments, rule, 'write for example --environments prod,staging');
  }
  const existing = flags.existingProvider ?? before?.provider === 'existing';
  return { repository, environments, provider: existing ? 'existing' : 'own' };
}
