import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MB_OF_A_CORE } from '../../../../src/cost/usage';

const ROOT = '/sys/fs/cgroup';
/** Microseconds, Linux' own. */
const PERIOD = 100_000;

const shareOf = (memoryMb: number): number => Math.min(1, memoryMb / MB_OF_A_CORE);

/** For a table: what of a processor the function had. */
export const tellShare = (hasShare: boolean, memoryMb: number): string =>
  hasShare
    ? `${shareOf(memoryMb).toFixed(2)} of a core, as Lambda gives`
    : 'all there is: no control group can be made';

/**
 * Keeps a process to the part of a core that Lambda gives for its memory, by a control group of Linux: only root may make
 * one, and in a container often nobody.
 */
export class ProcessorShare {
  private constructor(private readonly folder: string) {}

  /** Puts the process and its threads into a group of its own; undefined where none can be made. */
  static of(pid: number, memoryMb: number): ProcessorShare | undefined {
    const quota = Math.round(PERIOD * shareOf(memoryMb));
    const v1 = path.join(ROOT, 'cpu');
    const isV1 = existsSync(v1);
    const folder = path.join(isV1 ? v1 : ROOT, `k3s-autoscaler-e2e-${pid}`);
    try {
      mkdirSync(folder);
      if (isV1) writeFileSync(path.join(folder, 'cpu.cfs_quota_us'), `${quota}`);
      else writeFileSync(path.join(folder, 'cpu.max'), `${quota} ${PERIOD}`);
      writeFileSync(path.join(folder, 'cgroup.procs'), `${pid}`);
      return new ProcessorShare(folder);
    } catch {
      removed(folder);
      return undefined;
    }
  }

  /** When the process has ended; the system may take a moment to forget it. */
  async release(): Promise<void> {
    for (let tries = 0; tries < 50 && !removed(this.folder); tries++) await delay(20);
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
