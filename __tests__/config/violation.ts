import { ConfigError, fieldPath, type Violation } from '../../src/config/errors';
import { resolveConfig } from '../../src/config/resolve';

/** What is wrong with a configuration; fails when nothing is. */
function violationsOf(partial: unknown): readonly Violation[] {
  try {
    resolveConfig(partial, 'a.config.ts');
  } catch (error) {
    if (error instanceof ConfigError) return error.violations;
    throw error;
  }
  throw new Error('the configuration was taken');
}

/** The one thing that is wrong; fails where there is more, or nothing. */
export const only = (partial: unknown) => {
  const [violation, ...more] = violationsOf(partial);
  expect(more).toEqual([]);
  if (violation === undefined) throw new Error('no violation');
  return { ...violation, field: fieldPath(violation.keys) };
};
