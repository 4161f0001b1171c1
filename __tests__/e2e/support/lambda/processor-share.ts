import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MB_OF_A_CORE } from '../../../../src/cost/usage';

const ROOT = '/sys/fs/cgroup';
/** Of cgroup v1, where it is mounted; else there is one tree for all, v2. */
const V1 = path.join(ROOT, 'cpu');
/** Microseconds, Linux' own. */
const PERIOD = 100_000;

const shareOf = (memoryMb: number): number => memoryMb / MB_OF_A_CORE;

/** Why a process cannot be kept to a share here, for `itOrSkip`; undefined when it can. */
export function missingShare(): string | undefined {
  try {
    removed(newGroup(MB_OF_A_CORE));
    return undefined;
  } catch (error) {
    return `no control group can be made: ${(error as Error).message}`;
  }
}

/** For a table: what of a processor the function had in these invocations. */
export const tellShare = (reports: readonly { hasShare: boolean }[], memoryMb: number): string =>
  reports.every(({ hasShare }) => hasShare)
    ? `${shareOf(memoryMb).toFixed(2)} of a core, as Lambda gives`
    : `all there is: ${missingShare()}`;

/**
 * Keeps a process to the part of a core that Lambda gives for its memory, by a control group of Linux: only root may make
 * one, and in a container often nobody.
 */
export class ProcessorShare {
  private constructor(private readonly folder: string) {}

  /** Puts the process and its threads into a group of its own; undefined where none can be made. */
  static of(pid: number, memoryMb: number): ProcessorShare | undefined {
    try {
      return new ProcessorShare(newGroup(memoryMb, pid));
    } catch {
      return undefined;
    }
  }

  /** When the process has ended; the system may take a moment to forget it. */
  async release(): Promise<void> {
    for (let tries = 0; tries < 50 && !removed(this.folder); tries++) await delay(20);
  }
}

/** With the process in it, if there is one. @returns its folder @throws Error of the file system */
function newGroup(memoryMb: number, pid?: number): string {
  const isV1 = existsSync(V1);
  const folder = path.join(isV1 ? V1 : ROOT, `k3s-autoscaler-e2e-${randomUUID()}`);
  mkdirSync(folder);
  try {
    const quota = Math.round(PERIOD * shareOf(memoryMb));
    if (isV1) writeFileSync(path.join(folder, 'cpu.cfs_quota_us'), `${quota}`);
    else writeFileSync(path.join(folder, 'cpu.max'), `${quota} ${PERIOD}`);
    if (pid !== undefined) writeFileSync(path.join(folder, 'cgroup.procs'), `${pid}`);
    return folder;
  } catch (error) {
    removed(folder);
    throw error;
  }
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
