import type { Command } from 'commander';
import { type Found, lookUp } from '../history/look-up';
import { chosen, type StageFlags, withStage } from './stage-options';
import { UsageError } from './usage';

/** What every command that reads history takes. */
export interface HistoryFlags extends StageFlags {
  tick?: number;
}

export const withHistory = (command: Command, json: string): Command =>
  withStage(command, json).option(
    '--tick <time>',
    'the last tick at or before this time, as 2026-01-05T00:04:00Z; default: the last one',
    timeFlag('--tick'),
  );

export const HISTORY_HELP = `
It reads the history table of the stage, with the AWS credentials of your shell, and nothing else: the right to
dynamodb:Query on that table is enough (docs/security.md).`;

/** For a commander option. @throws {UsageError} */
function timeFlag(flag: string): (text: string) => number {
  return (text) => {
    const at = Date.parse(text);
    // Without an offset it would mean the clock of this machine, and ticks are told in UTC.
    if (/^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:?\d\d))?$/i.test(text) && Number.isFinite(at)) return at;
    throw new UsageError(
      `${flag} ${text}: must be a time with its offset (ISO 8601); write it like ${flag} 2026-01-05T00:04:00Z`,
    );
  };
}

/** A stage's history, and what was found in it. */
export interface Opened {
  cluster: string;
  table: string;
  found: Found;
}

/**
 * Reads back from the tick that was asked for.
 *
 * @param recordings how many to read
 * @throws ConfigError, or {@link Unusable} where the table cannot be read or has no such tick
 */
export async function openHistory(flags: HistoryFlags, recordings: number): Promise<Opened> {
  const { readHistory } = await import('../history/open');
  const { root, stage, configFile, env } = chosen(flags);
  return readHistory(
    { root, stage, configFile, env },
    (history) => lookUp(history, flags.tick, recordings),
    flags.tick,
  );
}
