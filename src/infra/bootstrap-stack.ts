import type { Construct } from 'constructs';
import { AwsProvider } from '#aws/provider';
import { TerraformOutput, TerraformStack } from '#cdk';
import { addStateAt, BOOTSTRAP } from './backend';
import { type GithubAccess, GithubRoles } from './github-roles';
import { StateBucket } from './state-bucket';

export interface BootstrapProps {
  /** The bucket that is made. */
  bucket: string;
  region: string;
  /** Whether its own state is in it already, or still in a file: it cannot hold anything before it exists. */
  stateInBucket: boolean;
  github?: GithubAccess | undefined;
}

/** Names of outputs; `bootstrap` reads them from the state when it runs again. */
export const OUTPUT = {
  bucket: 'state-bucket',
  github: 'github',
  pullRequestRole: 'pull-request-role',
  planRole: 'plan-role',
  deployRole: 'deploy-role',
};

/** What exists once for an account, before any stage: the bucket of the states, and who may deploy from GitHub. */
export class BootstrapStack extends TerraformStack {
  constructor(scope: Construct, id: string, { bucket, region, stateInBucket, github }: BootstrapProps) {
    super(scope, id);
    addStateAt(this, { name: BOOTSTRAP, bucket: stateInBucket ? bucket : undefined, region });
    // Locks in S3 came with it.
    this.addOverride('terraform.required_version', '>= 1.11');
    new AwsProvider(this, 'aws', { region, defaultTags: [{ tags: { project: 'k3s-autoscaler' } }] });

    const state = new StateBucket(this, 'state', bucket);
    const output = (name: string, value: string) => new TerraformOutput(this, name, { value, staticId: true });
    output(OUTPUT.bucket, state.bucket.bucket);
    if (github === undefined) return;
    const roles = new GithubRoles(this, 'access', { ...github, bucketArn: state.bucket.arn, region });
    output(OUTPUT.github, JSON.stringify(github));
    output(OUTPUT.pullRequestRole, roles.pullRequest.arn);
    output(OUTPUT.planRole, roles.plan.arn);
    output(OUTPUT.deployRole, roles.deploy.arn);
  }
}
