import { readdirSync, readFileSync } from 'node:fs';

/** A process, told from a later one that got the same id by when it was started. */
export interface Running {
  pid: number;
  startedAt: string;
  /** Its words, as `ps` shows them. */
  command: string;
}

/** The process and all that it started, directly or not, as Linux tells them; those of another group too. */
export function treeOf(pid: number): Running[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? []);
  const under = (parent: number): Running[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...under(one.pid)]);
  return [...all.filter((one) => one.pid === pid), ...under(pid)];
}

/** Those that run still. */
export const alive = (processes: readonly Running[]): Running[] =>
  processes.filter(({ pid, startedAt }) => read(pid)?.startedAt === startedAt);

/** Undefined where it has ended; one that only waits for its parent to notice has ended too. */
function read(pid: number): (Running & { parent: number }) | undefined {
  try {
    // The name in brackets may hold anything: fields are counted from behind it.
    const [state, parent, ...rest] = afterName(readFileSync(`/proc/${pid}/stat`, 'utf8')).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return state === 'Z' ? undefined : { pid, parent: Number(parent), startedAt: rest[17] ?? '', command };
  } catch {
    return undefined;
  }
}

const afterName = (stat: string): string => stat.slice(stat.lastIndexOf(')') + 2);
