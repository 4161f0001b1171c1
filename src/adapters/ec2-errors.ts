import type { LaunchOutcome } from '../autoscaler/ports';
import { codeOf, describe, statusOf } from './errors';

/**
 * EC2 sends these with a 5xx status although nothing was launched ("Server error codes" in the EC2 API reference):
 * another offering may do.
 */
const CAPACITY = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientReservedInstanceCapacity',
  'InsufficientCapacity',
  'InsufficientAddressCapacity',
  'InsufficientVolumeCapacity',
  'UnfulfillableCapacity',
  'Unsupported',
]);

/** Too many calls: it says nothing about the offering, so the same attempt is made again and no back-off is kept. */
const THROTTLING = new Set([
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'SlowDown',
]);

/** What the SDK calls an answer that carries no code: a proxy's page, not EC2's word. */
const NAMELESS = new Set(['UnknownError', 'Unknown', 'Error', 'NotFound']);

/** `refused` only where EC2 itself said no; in doubt `unknown`, so that the same ClientToken is asked again. */
export function launchFailure(error: unknown): LaunchOutcome {
  const code = codeOf(error) ?? 'no answer';
  const detail = describe(error);
  return isRefusal(code, statusOf(error))
    ? { outcome: 'refused', code, detail }
    : { outcome: 'unknown', detail: `${code}: ${detail}` };
}

function isRefusal(code: string, status: number | undefined): boolean {
  if (status === undefined || THROTTLING.has(code) || NAMELESS.has(code)) return false;
  if (CAPACITY.has(code)) return true;
  // Includes IdempotentParameterMismatch and IdempotentInstanceTerminated: this attempt can never succeed.
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
