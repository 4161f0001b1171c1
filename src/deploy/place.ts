import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { localStateFile } from '../infra/names';

/**
 * Where Terraform works. `cdktf.out` is written anew at each synth and may be deleted at any time, so nothing that must
 * last is kept in it: what lasts lies beside it, as the local state does.
 */
export interface Place {
  /** Of `cdk.tf.json`. */
  directory: string;
  /**
   * `TF_DATA_DIR`: provider, and which backend was used. One for each stage: two stages in one would mistake each
   * other's backend for their own.
   */
  dataDir: string;
  /** Versions and checksums of the provider. One for all stages, because all have the same provider. */
  lockFile: string;
  /** The state, where it is kept locally. */
  localState: string;
}

const LOCK = '.terraform.lock.hcl';

/** @param name the stage, or `bootstrap` */
export function placeOf(name: string, directory: string): Place {
  const beside = path.resolve(directory, '../../..');
  return {
    directory,
    dataDir: path.join(beside, '.terraform', name),
    lockFile: path.join(beside, LOCK),
    localState: path.join(beside, localStateFile(name)),
  };
}

/**
 * Terraform looks for its lock file beside the configuration and nowhere else, so it is laid there before `init`. With it
 * the provider that was installed before is used again without asking the registry, and another one under the same
 * version is refused. It is worth committing, as Terraform advises.
 */
export function layLockFile({ directory, lockFile, dataDir }: Place): void {
  mkdirSync(dataDir, { recursive: true });
  const used = path.join(directory, LOCK);
  if (existsSync(lockFile)) copyFileSync(lockFile, used);
  else rmSync(used, { force: true });
}

/** Keeps what `init` added: the first time everything, later the checksums of another platform. */
export function keepLockFile({ directory, lockFile }: Place): void {
  const used = path.join(directory, LOCK);
  if (!existsSync(used)) return;
  if (existsSync(lockFile) && readFileSync(lockFile).equals(readFileSync(used))) return;
  // By renaming: two stages may get here at the same time.
  const fresh = `${lockFile}.${process.pid}`;
  copyFileSync(used, fresh);
  renameSync(fresh, lockFile);
}
