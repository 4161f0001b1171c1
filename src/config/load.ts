import path from 'node:path';
import { ConfigError } from './errors';
import { textOf, unreadable } from './given-file';
import { lineFinder } from './lines';
import { type ResolvedConfig, resolveConfig } from './resolve';

const unusable = (source: string, value: unknown, rule: string, fix: string): ConfigError =>
  new ConfigError(source, [{ keys: [], value, rule, fix }]);

/** What the file exports, read anew each time: `dev` loads it again when it was saved. */
function exported(file: string, source: string): unknown {
  try {
    delete require.cache[file];
    // `require`, because both tsx and jest transform TypeScript there; an `import()` of a path works only in tsx.
    return (require(file) as { default?: unknown }).default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unusable(source, undefined, `must be TypeScript that runs: ${reason}`, 'correct the file');
  }
}

/**
 * Reads a configuration file (TypeScript, default export of `defineConfig`). Needs a loader for TypeScript: tsx or jest.
 *
 * @param file absolute, or relative to the working directory
 * @throws ConfigError that names file, line and field of every violation
 */
export async function loadConfigFile(file: string): Promise<ResolvedConfig> {
  const absolute = path.resolve(file);
  const source = path.relative(process.cwd(), absolute) || absolute;
  const missing = (why: string) =>
    unusable(
      source,
      undefined,
      `must be a file that can be read: ${why}`,
      'run from the folder of the project, or name the file',
    );
  // `require` would take a folder with an index for a file.
  const why = unreadable(absolute);
  if (why !== undefined) throw missing(why);
  const config = exported(absolute, source);
  if (typeof config !== 'object' || config === null) {
    throw unusable(source, config, 'the default export must be an object', 'write export default defineConfig({ … })');
  }
  try {
    return resolveConfig(config, source);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw error.withLines(await lineFinder(textOf(absolute, missing)));
  }
}
