import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LOCAL_CLUSTER, toRuntimeConfig } from '../config';
import { ConfigError } from '../config/errors';
import { lineFinder } from '../config/lines';
import { loadConfigFile } from '../config/load';
import type { WrittenSignals } from '../world/prometheus/signals';

export interface FileOfSignals {
  signals: WrittenSignals;
  /** The same error, with the lines of this file where it is about it. */
  located(error: unknown): Promise<unknown>;
}

/**
 * The signals of a configuration file; undefined where there is no file or no signal in it.
 *
 * @throws ConfigError where the file is wrong
 */
export async function signalsOf(file: string): Promise<FileOfSignals | undefined> {
  if (!existsSync(file)) return undefined;
  const { signals } = toRuntimeConfig(await loadConfigFile(file), { cluster: LOCAL_CLUSTER }).policy;
  if (signals.length === 0) return undefined;
  const source = path.relative(process.cwd(), file) || file;
  return {
    signals: { source, signals },
    located: async (error) => {
      if (!(error instanceof ConfigError) || error.source !== source) return error;
      return error.withLines(await lineFinder(readFileSync(file, 'utf8')));
    },
  };
}
