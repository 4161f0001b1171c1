import { Command } from 'commander';
import type { BootstrapResult } from '../deploy/bootstrap';
import type { Exit } from './run';
import { ROOT, type StageFlags, TERRAFORM_HELP, tell } from './stage-options';
import { confirmed, needYes, voice } from './terminal-voice';
import { EXIT, UsageError } from './usage';

interface BootstrapFlags extends Pick<StageFlags, 'config' | 'json'> {
  bucket: string;
  /** False: --no-github. */
  github?: string | false;
  environments?: string[];
  existingOidcProvider?: true;
  yes?: true;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const HELP = `
The roles trust exactly what the flags say. Repositories made after 15 July 2026 have numbers in the subject of their
tokens, and need them here too:
  gh api repos/OWNER/REPO --jq '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'
Make the environments on GitHub, with reviewers, before the first deploy.
${TERRAFORM_HELP}`;

/** `bootstrap`: what exists once for an account, before any stage. */
export function bootstrapCommand(exit: Exit): Command {
  return new Command('bootstrap')
    .description("make the S3 bucket of Terraform's states, and roles for GitHub Actions; once for an account")
    .requiredOption('--bucket <name>', 'the bucket; names are taken in all accounts of the world')
    .option('--github <owner/repo>', 'also make the roles of pull requests, plans and deploys of this repository')
    .option('--no-github', 'take the roles away again')
    .option(
      '--environments <names>',
      'environments of the repository that may deploy, by commas; default: stages.protected',
      (text) => text.split(','),
    )
    .option('--existing-oidc-provider', "use the account's provider for GitHub; there can be one only")
    .option('--config <file>', 'the configuration, for the region; default: autoscaler.config.ts')
    .option('--yes', 'do not ask; needed where stdin is no terminal')
    .option(
      '--json',
      'one JSON document on stdout: { bucket, region, applied, changes, roles: { pullRequest, plan, deploy }, ' +
        'github: { repository, environments, existingProvider }, configLine }',
    )
    .addHelpText('after', HELP)
    .action(async (flags: BootstrapFlags) => exit(await run(flags)));
}

async function run(flags: BootstrapFlags): Promise<number> {
  const { bucket, yes, json } = flags;
  if (!BUCKET.test(bucket)) {
    throw new UsageError(
      `--bucket ${bucket}: must be 3 to 63 of a-z, 0-9, . and -; write it like --bucket acme-tfstate`,
    );
  }
  needYes('bootstrap', yes, 'whether to apply the plan');
  const { bootstrap } = await import('../deploy/bootstrap');
  const { inWords } = await import('../deploy/summary');
  const { declined, ...result } = await bootstrap({
    root: ROOT,
    configFile: flags.config,
    bucket,
    github: {
      repository: flags.github,
      environments: flags.environments,
      existingProvider: flags.existingOidcProvider,
    },
    env: process.env,
    voice: voice(),
    ask: async ({ summary }) => yes === true || confirmed(`Bucket ${bucket}: ${inWords(summary.changes)}.`, 'yes'),
  });
  tell(json, result, () => (declined ? [`${bucket}: nothing was changed`] : words(result)));
  return declined ? EXIT.failed : EXIT.done;
}

function words({ bucket, github, roles, configLine }: Omit<BootstrapResult, 'declined'>): string[] {
  return [
    `${bucket}: ready, and its own state is in it`,
    ...(roles === null
      ? []
      : [`pull request role: ${roles.pullRequest}`, `plan role: ${roles.plan}`, `deploy role: ${roles.deploy}`]),
    ...(github === null
      ? []
      : [`${github.repository}: pull requests may plan; ${github.environments.join(', ')} may deploy`]),
    'Write into autoscaler.config.ts:',
    `  ${configLine}`,
  ];
}
