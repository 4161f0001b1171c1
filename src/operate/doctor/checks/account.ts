import { NotNow, Unusable } from '../../../deploy/errors';
import { NEEDS_VALID } from '../../stage';
import type { Check } from '../check';
import { ok, type Said } from '../finding';

/** Valid, and of the account and region in which Terraform's state says that the stage is. */
export const account: Check = {
  name: 'account',
  when: 'before',
  service: 'STS',
  what: 'credentials',
  run: async ({ stage, outside }) => {
    let identity: { account: string; arn: string };
    try {
      identity = await outside.identity();
    } catch (error) {
      // Whoever cannot be told from nobody deploys nothing. Out of reach is another thing: then nothing is known.
      if (!(error instanceof Unusable) || error instanceof NotNow) throw error;
      return [invalid(error, stage.region)];
    }
    const home = homeIn(outside.localState(), stage.function);
    const elsewhere = home && whereElse(home, identity.account, stage.region);
    const [what, value] = ['credentials', `account ${identity.account}, ${identity.arn}`];
    if (home === undefined || elsewhere === undefined) return [ok(what, value)];
    return [
      {
        level: 'problem',
        what,
        value,
        rule:
          `stage ${stage.stage} is in ${elsewhere}, as terraform.${stage.stage}.tfstate says; ` +
          'a deploy from here would make everything a second time',
        fix: `use credentials of account ${home.account} (AWS_PROFILE=…) and region: '${home.region}' in the configuration, or destroy it there first`,
      },
    ];
  },
};

function invalid({ mistake: { rule, fix } }: Unusable, region: string): Said {
  const refused = { level: 'problem', what: 'credentials', value: 'not usable', rule } as const;
  if (rule !== NEEDS_VALID) return { ...refused, fix };
  return {
    ...refused,
    fix: `${fix}. A region that the account has not enabled refuses good ones too`,
    command: `aws account get-region-opt-status --region-name ${region}`,
  };
}

interface Home {
  region: string;
  account: string;
}

/** Out of the ARN of the stage's function. */
function homeIn(state: string | undefined, name: string): Home | undefined {
  const [, region, account] =
    new RegExp(`arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\\d{12}):function:${name}\\b(?!-)`).exec(state ?? '') ?? [];
  return region === undefined || account === undefined ? undefined : { region, account };
}

function whereElse(home: Home, account: string, region: string): string | undefined {
  if (home.account !== account) return `account ${home.account}`;
  return home.region === region ? undefined : home.region;
}
