import { LocalBackend, S3Backend, type TerraformStack } from '#cdk';
import type { ResolvedConfig } from '../config/resolve';
import { localStateFile } from './names';

/** The state of the bucket itself and of the roles for GitHub; no stage may be called so. */
export const BOOTSTRAP = 'bootstrap';

/** The key of a state, and before the last part what all of them have in common. */
export const STATE_PREFIX = 'k3s-autoscaler';
export const stateKey = (name: string): string => `${STATE_PREFIX}/${name}/terraform.tfstate`;

/**
 * Where saved plans wait for their review, by the sum of their bytes. Not below the states: what may read or lock those has
 * no say here.
 */
export const PLAN_PREFIX = 'k3s-autoscaler-plans';
export const planKey = (stage: string, sha256: string): string => `${PLAN_PREFIX}/${stage}/${sha256}.tfplan`;

export interface BackendProps {
  /** A stage, or `bootstrap`. */
  name: string;
  /** Without it the state is a file. */
  bucket: string | undefined;
  region: string;
}

/** Where Terraform keeps one state. */
export function addStateAt(stack: TerraformStack, { name, bucket, region }: BackendProps): void {
  if (bucket === undefined) {
    // Relative to cdktf.out/stacks/<stack>: by default an absolute path would be written, another on each machine.
    new LocalBackend(stack, { path: `../../../${localStateFile(name)}` });
    return;
  }
  new S3Backend(stack, { bucket, key: stateKey(name), region, encrypt: true });
  // A lock file in the bucket. cdktf 0.21 has no name for it, and a lock table in DynamoDB is deprecated
  // (https://developer.hashicorp.com/terraform/language/backend/s3#state-locking).
  stack.addOverride('terraform.backend.s3.use_lockfile', true);
}

/** Adds where Terraform keeps the state of a stage: the bucket of the configuration, or a file beside `cdktf.out`. */
export function addBackend(stack: TerraformStack, { stage, config }: { stage: string; config: ResolvedConfig }): void {
  addStateAt(stack, { name: stage, bucket: config.terraform.stateBucket, region: config.region });
}
