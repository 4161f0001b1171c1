import type { RuntimeConfig } from '../../config/runtime';
import type { Observed, Snapshot } from '../snapshot';

/** Why a source cannot be used; undefined where it can. Old data is no data. */
export function doubtOf(
  name: string,
  observed: Observed<unknown>,
  snapshot: Snapshot,
  config: RuntimeConfig,
): string | undefined {
  if (!observed.known) return `${name} is unknown (${observed.reason}: ${observed.detail})`;
  const age = snapshot.at - observed.at;
  if (age <= config.policy.dataMaxAgeMs) return undefined;
  return `${name}'s data is ${Math.round(age / 1000)} s old; the limit is ${config.policy.dataMaxAgeMs / 1000} s`;
}
