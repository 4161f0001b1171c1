import { Construct } from 'constructs';
import { DataAwsCallerIdentity } from '#aws/data-aws-caller-identity';
import { IamOpenidConnectProvider } from '#aws/iam-openid-connect-provider';
import { IamRole } from '#aws/iam-role';
import { IamRolePolicy } from '#aws/iam-role-policy';
import { deployStatements, planStatements, pullRequestStatements } from './github-permissions';
import { partition, policyDocument, type Statement } from './iam';

const HOST = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';

/** The branch whose runs get the plan role: before a deploy, and each night. */
export const MAIN_BRANCH = 'main';

/** Who may come from GitHub Actions, without any key that could be stolen. */
export interface GithubAccess {
  /**
   * The repository as the subject of its tokens spells it: `OWNER/REPO`, or `OWNER@ID/REPO@ID` for those made after 15
   * July 2026 (https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/).
   */
  repository: string;
  /** Environments of the repository whose jobs may deploy. */
  environments: string[];
  /** An account has one provider for GitHub at most: another project's is used where there is one already. */
  provider: 'own' | 'existing';
}

interface Props extends GithubAccess {
  bucketArn: string;
  region: string;
}

/**
 * Three roles for GitHub Actions. Their names do not begin with `k3s-`, because the deploy role may change roles that do,
 * and it must not be able to widen its own rights.
 */
export class GithubRoles extends Construct {
  readonly pullRequest: IamRole;
  readonly plan: IamRole;
  readonly deploy: IamRole;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: Props,
  ) {
    super(scope, id);
    const { repository, environments } = props;
    const provider = this.provider();
    const subject = (who: string) => `repo:${repository}:${who}`;
    // It says nothing of the branch: whoever may push one gets this role, with whatever workflow the branch has
    // (https://docs.github.com/en/actions/reference/security/oidc).
    this.pullRequest = this.role('pull-request', provider, [subject('pull_request')], pullRequestStatements(props));
    this.plan = this.role('plan', provider, [subject(`ref:refs/heads/${MAIN_BRANCH}`)], planStatements(props));
    // Environments by name, never `environment:*`: GitHub makes an environment, without any protection, as soon as a
    // workflow mentions one that does not exist, so `*` would let everybody who may push deploy
    // (https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments).
    const subjects = environments.map((environment) => subject(`environment:${environment}`));
    this.deploy = this.role('deploy', provider, subjects, deployStatements(props));
  }

  /** The ARN of GitHub's provider. */
  private provider(): string {
    if (this.props.provider === 'existing') {
      const { accountId } = new DataAwsCallerIdentity(this, 'account');
      return `arn:${partition(this.props.region)}:iam::${accountId}:oidc-provider/${HOST}`;
    }
    // No thumbprint: IAM trusts GitHub by its own list of certificate authorities
    // (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).
    return new IamOpenidConnectProvider(this, 'provider', { url: `https://${HOST}`, clientIdList: [AUDIENCE] }).arn;
  }

  private role(
    purpose: 'pull-request' | 'plan' | 'deploy',
    provider: string,
    subjects: string[],
    statements: Statement[],
  ): IamRole {
    const name = `github-k3s-autoscaler-${purpose}`;
    const role = new IamRole(this, purpose, {
      name,
      description: `GitHub Actions: ${purpose} of k3s-autoscaler`,
      assumeRolePolicy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRoleWithWebIdentity',
            Principal: { Federated: provider },
            Condition: { StringEquals: { [`${HOST}:aud`]: AUDIENCE, [`${HOST}:sub`]: subjects } },
          },
        ],
      }),
    });
    new IamRolePolicy(this, `${purpose}-policy`, {
      name,
      role: role.name,
      policy: policyDocument(statements),
    });
    return role;
  }
}
