import fc from 'fast-check';

/** How often a property is tried; `PROPERTY_RUNS` says how many times as often. */
const MORE = Number(process.env.PROPERTY_RUNS ?? 1);
const SEED = process.env.PROPERTY_SEED;

/** For every cluster; what fails is shrunk, and told with the seed that finds it again. */
export const holds = <T>(of: fc.Arbitrary<T>, numRuns: number, test: (value: T) => void): void =>
  fc.assert(fc.property(of, test), { numRuns: Math.round(numRuns * MORE), ...(SEED && { seed: Number(SEED) }) });
