import type { Command } from 'commander';
import type { Found } from '../history/look-up';
import { chosen, type StageFlags, withStage } from './stage-options';
import { UsageError } from './usage';

/** What every command that reads history takes. */
export interface HistoryFlags extends StageFlags {
  tick?: number;
  world?: string;
}

export const withHistory = (command: Command, json: string): Command =>
  withStage(command, json)
    .option(
      '--tick <time>',
      'the tick nearest to this time, within an hour; as 2026-01-05T00:04:00Z; default: the last one',
      timeFlag('--tick'),
    )
    .option('--world <url>', 'a simulated world that runs now: the DynamoDB that `npm run dev` tells', worldFlag);

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

/** For a commander option: what is there listens on this machine alone. @throws {UsageError} */
function worldFlag(text: string): string {
  if (/^http:\/\/127\.0\.0\.1:\d+\/?$/.test(text)) return text;
  throw new UsageError(
    `--world ${text}: must be the address that dev tells; write it like --world http://127.0.0.1:8000`,
  );
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
 * @throws ConfigError, or {@link Unusable} where the table cannot be read or has no tick near that time
 */
export async function openHistory(flags: HistoryFlags, recordings: number): Promise<Opened> {
  const { readHistory } = await import('../history/open');
  if (flags.world !== undefined && flags.stage !== undefined)
    throw new UsageError('--world and --stage exclude each other');
  const { root, stage, configFile, env } = chosen(flags);
  return readHistory({ root, stage, configFile, env }, { tick: flags.tick, recordings }, flags.world);
}
