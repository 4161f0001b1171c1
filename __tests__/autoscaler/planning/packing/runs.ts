import fc from 'fast-check';

/** How often a property is tried; `PROPERTY_RUNS` says how many times as often. */
const MORE = Number(process.env.PROPERTY_RUNS ?? 1);
const SEED = process.env.PROPERTY_SEED;

/**
 * For every cluster; what fails is shrunk, and told with the seed that finds it again.
 *
 * @param always the seed, where it is not to be another each time
 */
export const holds = <T>(of: fc.Arbitrary<T>, numRuns: number, test: (value: T) => void, always?: number): void => {
  const seed = SEED ? Number(SEED) : always;
  fc.assert(fc.property(of, test), { numRuns: Math.round(numRuns * MORE), ...(seed !== undefined && { seed }) });
};
