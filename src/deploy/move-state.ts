import { renameSync } from 'node:fs';
import type { Terraform } from './terraform';

/**
 * Moves a local state into the bucket that the configuration in place names. By `state push`, because it takes the lock
 * and refuses a state of another origin or an older one, where `init -migrate-state -force-copy` would overwrite whatever
 * is there, and needs to be told by its data directory that there was a local state at all.
 *
 * @returns where the local file is kept from now on, out of Terraform's and our way
 * @throws {TerraformFailed}
 */
export async function moveStateIntoBucket(terraform: Terraform): Promise<string> {
  const { localState } = terraform.place;
  await terraform.init('-reconfigure');
  await terraform.run(['state', 'push', localState]);
  const kept = `${localState}.moved`;
  renameSync(localState, kept);
  return kept;
}
